"""What is attached to the PDF, and the PDF made one that archives and screen readers both accept.

WeasyPrint writes PDF/A-3a and PDF/UA-1 each on its own; the identifier of the second goes into the
XMP of the first here. It also lists each attachment twice under /AF, and leaves a head that no cell
of data refers to, such as that of the column of row heads, without its scope.
"""

from __future__ import annotations

import io
import json
from typing import Any

import polars as pl

from rating.errors import Problem, RatingError
from rating.publish import tables
from rating.publish.facts import Facts
from rating.publish.material import Material

# ISO 14289-1, clause 5, and the description of its schema that ISO 19005-3, 6.6.2.3 asks for.
UA = """<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/"
 pdfuaid:part="1"/><rdf:Description rdf:about=""
 xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"
 xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#"><pdfaExtension:schemas><rdf:Bag>
<rdf:li rdf:parseType="Resource"><pdfaSchema:schema>PDF/UA identification</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix><pdfaSchema:property><rdf:Seq>
<rdf:li rdf:parseType="Resource"><pdfaProperty:name>part</pdfaProperty:name>
<pdfaProperty:valueType>Integer</pdfaProperty:valueType>
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>Part of ISO 14289 that is followed</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas>
</rdf:Description>"""
END = b"</rdf:RDF>"


def attachments(material: Material, codes: list[str] | None = None) -> dict[str, bytes]:
    """The result as a reader may have it: ``results.csv``, ``results.json``, ``manifest.json``.

    Args:
        material: what the report is made of; what it does not tell, the files do not either.
        codes: the regions; all without it.
    """
    facts = material.facts
    chosen = [one for one in facts.regions if codes is None or one.code in codes]
    nodes = [item for item in facts.items if item.kind == "node"]
    ends = {} if material.sure is None else material.sure.ends
    rows = [
        {
            "region": one.code,
            "name_en": one.name.en,
            "name_ru": one.name.ru,
            "rank": one.rank,
            "low": ends[one.code][0] if one.rank is not None and one.code in ends else None,
            "high": ends[one.code][1] if one.rank is not None and one.code in ends else None,
            "group": one.group,
            "status": one.status,
            "coverage": one.coverage,
            **{f"score_{item.id}": facts.cell(one, item).score for item in nodes},
        }
        for one in chosen
    ]
    kinds: dict[str, Any] = dict.fromkeys(rows[0] if rows else (), pl.Float64)
    kinds |= dict.fromkeys(("region", "name_en", "name_ru", "group", "status"), pl.String)
    kinds |= dict.fromkeys(("rank", "low", "high"), pl.Int64)
    frame = pl.DataFrame(rows, schema={k: v for k, v in kinds.items() if rows and k in rows[0]})
    return {
        "results.csv": tables.csv(frame),
        "results.json": _json(facts, rows, material.synthetic),
        "manifest.json": tables.manifest(facts.result),
    }


def _json(facts: Facts, rows: list[dict[str, Any]], synthetic: bool) -> bytes:
    """The same rows with the value of every indicator, and what the items are."""
    known = {region.code: region for region in facts.regions}
    content = {
        "section": facts.result.section.id,
        "edition": facts.result.edition,
        "synthetic": synthetic,
        "result_sha256": facts.result.digest,
        "items": [
            {
                "id": item.id,
                "kind": item.kind,
                "parent": item.parent,
                "name": item.name.model_dump(),
            }
            for item in facts.items
        ],
        "regions": [
            {
                **row,
                "indicators": {
                    item.id: {"value": cell.value, "score": cell.score, "status": cell.status}
                    for item in facts.indicators
                    if (cell := facts.cell(known[row["region"]], item))
                    and row["status"] != "grouped"
                },
            }
            for row in rows
        ],
    }
    text = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False)
    return (text + "\n").encode()


def finished(pdf: bytes) -> bytes:
    """The PDF with both identifiers in its one XMP and each attachment listed once."""
    import pikepdf

    with pikepdf.open(io.BytesIO(pdf)) as file:
        meta = file.Root.Metadata.read_bytes()
        if meta.count(END) != 1:
            raise RatingError(Problem("the report", "its XMP is not one RDF", "tell us"))
        file.Root.Metadata.write(meta.replace(END, UA.encode() + END))
        for cell in file.objects:
            if isinstance(cell, pikepdf.Dictionary) and cell.get("/S") == pikepdf.Name.TH:
                _scope(cell)
        listed = file.Root.get("/AF")
        if listed is not None:
            once = {one.objgen: one for one in listed}
            file.Root.AF = pikepdf.Array(once.values())
        made = io.BytesIO()
        file.save(made, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return made.getvalue()


def _scope(cell: Any) -> None:
    """Say of a head of a table whether it is a column's or a row's."""
    import pikepdf

    row = cell.get("/P")
    part = None if row is None else row.get("/P")
    column = part is not None and part.get("/S") == pikepdf.Name.THead
    own = cell.get("/A")
    if own is None:
        own = cell["/A"] = pikepdf.Dictionary(O=pikepdf.Name.Table)
    if isinstance(own, pikepdf.Dictionary) and "/Scope" not in own:
        own["/Scope"] = pikepdf.Name.Column if column else pikepdf.Name.Row
