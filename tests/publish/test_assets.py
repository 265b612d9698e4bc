"""Nothing from outside: every way to reach a file or the network ends in an error."""

import gc
import http.server
import threading

import pytest

from rating.errors import DataError, RatingError
from rating.publish import fonts

with fonts.only_bundled():
    from weasyprint.formatting_structure import boxes

    from rating.publish import assets

CSS = 'html { font-family: "Report Sans" }'
TARGET = "a::after { content: target-counter(attr(href), page) }"
DOT = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><path d="M0 0h9"/></svg>'


def page(body: str = "<h1>Title</h1>", head: str = "") -> str:
    return f'<html lang="en"><head><title>Title</title>{head}</head><body>{body}</body></html>'


@pytest.fixture
def served():
    """A server on this machine that counts who asks."""
    asked = []

    class Count(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(302)
            self.send_header("Location", "file:///etc/hostname")
            self.end_headers()

        def log_message(self, *args):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Count) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/x", asked
        server.shutdown()
        thread.join()


PROBES = {
    "picture": ('<img src="{url}" alt="x">', "", ""),
    "inline picture": ('<svg><image href="{url}" width="9" height="9"/></svg>', "", ""),
    "picture within a chart": ('<img src="chart:bad" alt="x">', "", ""),
    "object": ('<object data="{url}">x</object>', "", ""),
    "embed": ('<embed src="{url}">', "", ""),
    "attachment": ("<p>x</p>", '<link rel="attachment" href="{url}">', ""),
    "attachment link": ('<a rel="attachment" href="{url}">x</a>', "", ""),
    "style sheet": ("<p>x</p>", '<link rel="stylesheet" href="{url}">', ""),
    "style import": ("<p>x</p>", "", '@import url("{url}");'),
    "font": ("<p>x</p>", "", '@font-face {{ font-family: F; src: url("{url}") }}'),
    "background": ("<p>x</p>", "", 'p {{ background: url("{url}") }}'),
    "inline style": ("<p style='background: url({url})'>x</p>", "", ""),
    "content": ("<p>x</p>", "", 'p::before {{ content: url("{url}") }}'),
    "list mark": ("<ul><li>x</li></ul>", "", 'li {{ list-style-image: url("{url}") }}'),
}


@pytest.mark.parametrize("kind", ["file", "http"])
@pytest.mark.parametrize("probe", PROBES)
def test_no_probe_reaches_a_file_or_the_network(probe, kind, served, tmp_path):
    address, asked = served
    secret = tmp_path / "secret.txt"
    secret.write_text("secret", encoding="utf-8")
    url = address if kind == "http" else secret.as_uri()
    body, head, css = (part.format(url=url) for part in PROBES[probe])
    inner = DOT.replace("<path", f'<image href="{url}" width="9" height="9"/><path')
    with pytest.raises(RatingError, match=r"own assets|Failed to render SVG image"):
        assets.render(page(body, head), css + CSS, charts={"chart:bad": inner})
    assert asked == []


@pytest.mark.parametrize("url", ["data:image/svg+xml,<svg/>", "ftp://x/y", "chart:none", "FILE:/x"])
def test_the_shelf_knows_its_table_and_nothing_else(url):
    shelf = assets.Shelf({"chart:1": DOT})
    assert shelf.fetch("chart:1").read().decode() == DOT
    with pytest.raises(ValueError, match="own assets"):
        shelf.fetch(url)


@pytest.mark.parametrize(
    ("body", "css", "what"),
    [
        ('<img src="chart:broken" alt="x">', "", "Failed to load image"),
        ('<img src="chart:1">', "", "no required alt"),
        ("<p>x</p>", "p { colour: red }", "colour"),
        ("<p>x</p>", "p { color: reddish }", "reddish"),
    ],
)
def test_what_weasyprint_only_logs_is_an_error(body, css, what):
    charts = {"chart:broken": "<svg", "chart:1": DOT}
    with pytest.raises(RatingError, match=what):
        assets.render(page(body), css + CSS, charts=charts)


def test_a_missing_letter_is_an_error():
    with pytest.raises(DataError, match=r"U\+6F22"):
        assets.render(page("<p>漢</p>"), CSS, charts={})


def test_a_good_page_is_a_pdf_and_the_logger_is_left_as_it_was():
    import logging

    logger = logging.getLogger("weasyprint")
    before = logger.level, logger.propagate, list(logger.handlers)
    body = '<h1>Заголовок</h1><img src="chart:1" alt="A line">'
    assert assets.render(page(body), CSS, charts={"chart:1": DOT}).startswith(b"%PDF-1.7")
    assert (logger.level, logger.propagate, list(logger.handlers)) == before


def test_of_each_box_the_one_that_was_laid_out_is_kept_and_no_other():
    body = (
        '<h1 id="there">Title</h1><p><a href="#there">There</a>'
        '<img src="chart:dot" alt="A dot"></p>'
        + "<table><tr><th>Head</th></tr><tr><td>1</td></tr></table>"
        * 20
    )
    counted = []

    def count(_anchors):
        gc.collect()
        counted.append(sum(isinstance(one, boxes.TableCellBox) for one in gc.get_objects()))

    count(None)
    assets.render(page(body), CSS + TARGET, charts={"chart:dot": DOT}, check=count)
    before, during = counted
    assert during - before == 40
