"""What is wrong with the tree of a section: names, parents, circles, levels, weights."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rating.errors import Problem, nearest

if TYPE_CHECKING:
    from rating.definitions.section import Section

MAX_LEVELS = 100


def problems(section: Section) -> Iterator[Problem]:
    """What keeps the nodes and indicators of a section from being one tree."""
    ids = Counter(item.id for item in section.items)
    for twice in sorted(id for id, count in ids.items() if count > 1):
        yield Problem(twice, "two things have this id", "an id names one node or indicator")
    nodes = {node.id: node for node in section.node}
    roots = [node.id for node in section.node if node.parent is None]
    if len(roots) != 1:
        shown = ", ".join(roots) or "none"
        yield Problem(
            "node",
            f"one node must have no parent, the root; found: {shown}",
            "give each other node a parent" if roots else "leave the parent of the root out",
        )
    for item in section.items:
        if item.parent is not None and item.parent not in nodes:
            yield Problem(
                f"{item.id}, parent",
                f"no node named '{item.parent}'",
                nearest(item.parent, nodes),
            )
    for node in section.node:
        path, at = [node.id], node.parent
        while at in nodes and at not in path and len(path) <= MAX_LEVELS:
            path.append(at)
            at = nodes[at].parent
        # A circle is told once, at the first of its nodes.
        if at == node.id and node.id == min(path):
            yield Problem(
                f"{node.id}, parent",
                f"the node is its own ancestor: {' under '.join([*path, at])}",
                "break the circle: one of its nodes belongs under another parent",
            )
        elif len(path) > MAX_LEVELS:
            remedy = "a tree that people read has fewer"
            yield Problem(f"{node.id}, parent", f"more than {MAX_LEVELS} levels of nodes", remedy)
    lost = [item for item in section.items if item.parent is not None and item.parent not in nodes]
    for node in section.node if not lost else ():
        if not section.children(node.id):
            yield Problem(node.id, "a node without children", "give it an indicator or remove it")


def weights(section: Section) -> Iterator[Problem]:
    """The nodes whose children all weigh nothing."""
    for node in section.node:
        children = section.children(node.id)
        if children and not any(child.weight > 0 for child in children):
            yield Problem(
                node.id,
                "the weights of its children are all 0",
                "give at least one a weight above 0",
            )
