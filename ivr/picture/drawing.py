"""A flow as SVG: boxes in rows, the further from the start the lower; arrows with what makes a call go that way.

Where the counts of a day are given, arrows are the wider the more calls went that way, and boxes say how many came and
how many hung up there. Plain SVG, without script, style sheet or font of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from html import escape

from ivr.flow import (
    Callback,
    Collect,
    Flow,
    HangUp,
    Hours,
    Menu,
    Node,
    Queue,
    Say,
    SetLanguage,
    Survey,
    Transfer,
    outcomes,
)
from ivr.logic import Branch, Fetch, Goto, Limit, LookUp, Split
from ivr.picture.counts import Counts
from ivr.picture.layout import Edge, Item, Lane, Layout, laid_out
from ivr.recordings import Record, Voicemail
from ivr.waiting import Music

WIDTH, HEIGHT, LINE = 176, 46, 17
"""Of a box, and of one more line in it."""
PORT = 34
"""Room for one arrow that leaves a box, in width: a box with many is wider."""
GAP_X, GAP_Y, LANE = 28, 80, 20
MARGIN = 24
LETTERS_MOST, LABEL_MOST = 26, 22
LABEL_ROWS = 4
"""Labels of neighbouring arrows stand at different heights."""
CORNER = 10
"""From the right edge of a box to where arrows that lead back arrive."""
WIDEST = 7.0
"""Of an arrow that every call took."""

_COLOURS: tuple[tuple[tuple[type[Node], ...], str], ...] = (
    ((Menu, Collect, Callback, Record, Survey), "#cfe3ff"),
    ((Queue, Music), "#d3f0d3"),
    ((HangUp, Transfer, Voicemail), "#f6d5d5"),
    ((Fetch, LookUp), "#fbe6c2"),
    ((Branch, Split, Hours, Goto, Limit), "#eadcf5"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What a picture says of calls, in somebody's language."""

    came: Callable[[int], str] = lambda count: f"{count} call{'' if count == 1 else 's'}"
    left: Callable[[int], str] = lambda count: f"{count} hung up"


ENGLISH = Wording()


def arranged(flow: Flow) -> Layout:
    """Where everything goes. The greater part of the work (a second for some hundred nodes), and the same for the same
    flow."""
    edges = _edges(flow)
    with_gaps = {name: width + GAP_X for name, width in _widths(edges).items()}
    return laid_out(flow.start, edges, with_gaps, LANE)


def drawn(flow: Flow, counts: Counts | None = None, wording: Wording = ENGLISH, *, layout: Layout | None = None) -> str:
    """The picture, as the text of an SVG file. ``layout``: what :func:`arranged` gave for this very flow."""
    return _Picture(flow, counts, wording, arranged(flow) if layout is None else layout).text()


def _edges(flow: Flow) -> Mapping[str, list[str]]:
    """What each node leads to, itself left out."""
    return {
        name: [to for to in dict.fromkeys(to for _, to in outcomes(node)) if to != name]
        for name, node in flow.nodes.items()
    }


def _widths(edges: Mapping[str, list[str]]) -> dict[str, float]:
    return {name: max(WIDTH, PORT * (len(ends) + 1)) for name, ends in edges.items()}


class _Picture:
    def __init__(self, flow: Flow, counts: Counts | None, wording: Wording, layout: Layout) -> None:
        self._flow = flow
        self._counts = counts
        self._wording = wording
        self._written: list[str] = []
        """Labels: above all arrows, so that none is crossed out."""
        self._labels: dict[str, dict[str, list[str]]] = {}
        """By node and the node that follows, what makes a call go that way."""
        for name, node in flow.nodes.items():
            labels = self._labels.setdefault(name, {})
            for label, to in outcomes(node):
                labels.setdefault(to, []).append(label)
        self._widths = _widths(_edges(flow))
        self._layout = layout
        self._height = HEIGHT + (2 * LINE if counts is not None else 0)

    def text(self) -> str:
        at = self._layout.at
        right = max(place + (self._widths[item] / 2 if isinstance(item, str) else 0) for item, place in at.items())
        width = round(right + 2 * MARGIN)
        height = round(self._top(len(self._layout.rows) - 1) + self._height + MARGIN)
        boxes = [item for row in self._layout.rows for item in row if isinstance(item, str)]
        lines = [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
            f'font-family="sans-serif" font-size="12" role="img">',
            f"<title>{escape(self._flow.id)}</title>",
            '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
            'markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0L8 4L0 8z" fill="#555"/></marker></defs>',
            f'<rect width="{width}" height="{height}" fill="#fff"/>',
            *(part for name in boxes for part in self._arrows(name)),
            *self._written,
            *(part for name in boxes for part in self._box(name)),
            "</svg>",
        ]
        return "\n".join(lines) + "\n"

    def _top(self, row: int) -> float:
        return MARGIN + row * (self._height + GAP_Y)

    def _row(self, item: Item) -> int:
        return item.row if isinstance(item, Lane) else self._layout.row_of[item]

    def _x(self, item: Item) -> float:
        return MARGIN + self._layout.at[item]

    # Boxes.

    def _box(self, name: str) -> Iterator[str]:
        node, first = self._flow.nodes[name], name == self._flow.start
        middle, top, width = self._x(name), self._top(self._row(name)), self._widths[name]
        fill = next((colour for kinds, colour in _COLOURS if isinstance(node, kinds)), "#f2f2f2")
        yield (
            f'<g><title>{escape(name)}</title><rect x="{middle - width / 2:g}" y="{top:g}" width="{width:g}" '
            f'height="{self._height}" rx="6" fill="{fill}" stroke="{"#111" if first else "#777"}" '
            f'stroke-width="{2 if first else 1}"/>'
        )
        yield _words(middle, top + 19, _short(name), 'text-anchor="middle" font-weight="bold"')
        yield _words(middle, top + 36, _short(_detail(node)), 'text-anchor="middle" fill="#444"')
        if self._counts is not None:
            came, left = self._counts.came.get(name, 0), self._counts.left.get(name, 0)
            yield _words(middle, top + 53, self._wording.came(came), 'text-anchor="middle" fill="#444"')
            if left:
                red = 'text-anchor="middle" fill="#a01818" font-weight="bold"'
                yield _words(middle, top + 70, self._wording.left(left), red)
        yield "</g>"

    # Arrows.

    def _arrows(self, name: str) -> Iterator[str]:
        labels = self._labels[name]
        ways = {to: self._layout.way((name, to)) for to in labels if to != name}
        for upwards in (False, True):
            # Arrows leave from left to right as they go on, so that they do not cross at the box.
            ends = sorted(
                (to for to in ways if ((name, to) in self._layout.back) is upwards), key=lambda to: self._x(ways[to][1])
            )
            for number, to in enumerate(ends):
                share = (number + 1) / (len(ends) + 1)
                # Upwards from the right half only: in the middle of the upper edge other arrows arrive.
                port = self._x(name) + self._widths[name] * (share / 2 if upwards else share - 0.5)
                yield from self._arrow((name, to), ways[to], port, number, upwards=upwards)
        if name in labels:
            yield from self._round(name)

    def _arrow(self, edge: Edge, way: list[Item], port: float, number: int, *, upwards: bool) -> Iterator[str]:
        from_, to = (self._top, self._bottom) if upwards else (self._bottom, self._top)
        y = from_(self._row(way[0]))
        path = [f"M{port:g} {y:g}"]
        x = port
        for item in way[1:]:
            end_x, end_y = self._x(item), to(self._row(item))
            if upwards and isinstance(item, str):  # on the right, out of the way of what leaves downwards
                end_x += self._widths[item] / 2 - CORNER
            middle = (y + end_y) / 2
            path.append(f"C{x:g} {middle:g} {end_x:g} {middle:g} {end_x:g} {end_y:g}")
            x, y = end_x, end_y
            if isinstance(item, Lane):  # straight past the boxes of its row
                y = from_(self._row(item))
                path.append(f"V{y:g}")
        yield self._line("".join(path), edge, dashed=upwards)
        at = from_(self._row(way[0])) + (
            -5 - 11 * (number % LABEL_ROWS) if upwards else 12 + 11 * (number % LABEL_ROWS)
        )
        self._label(edge, port + 3, at)

    def _round(self, name: str) -> Iterator[str]:
        """A node that leads to itself: a loop in the gap beside the box."""
        x, y = self._x(name) + self._widths[name] / 2, self._top(self._row(name))
        bend = x + GAP_X * 0.8
        yield self._line(f"M{x:g} {y + 30:g}C{bend:g} {y + 30:g} {bend:g} {y + 12:g} {x:g} {y + 12:g}", (name, name))
        self._label((name, name), x + 2, y + 9)

    def _bottom(self, row: int) -> float:
        return self._top(row) + self._height

    def _line(self, path: str, edge: Edge, *, dashed: bool = False) -> str:
        width = 1.0
        if self._counts is not None and self._counts.calls:
            width += (WIDEST - 1) * min(1.0, self._counts.went.get(edge, 0) / self._counts.calls)
        dashes = ' stroke-dasharray="5 4"' if dashed else ""
        return (
            f'<path d="{path}" fill="none" stroke="#777" stroke-opacity="0.75" stroke-width="{width:.2g}"{dashes} '
            'marker-end="url(#arrow)"/>'
        )

    def _label(self, edge: Edge, x: float, y: float) -> None:
        words = self._labels[edge[0]][edge[1]]
        text = "" if words == ["next"] else _short(", ".join(words), LABEL_MOST)
        if self._counts is not None:
            went = self._counts.went.get(edge, 0)
            text = f"{text}: {went}" if text else str(went)
        if text:
            halo = 'font-size="10" fill="#333" stroke="#fff" stroke-width="3" paint-order="stroke"'
            self._written.append(_words(x, y, text, halo))


def _words(x: float, y: float, text: str, how: str) -> str:
    return f'<text x="{x:g}" y="{y:g}" {how}>{escape(text)}</text>'


def _detail(node: Node) -> str:
    kind = type(node).__name__.lower()
    match node:
        case Say() | Menu() | Collect() | Voicemail() | Record():
            return f"{kind}: {node.prompt}"
        case Survey():
            return f"{node.scale}: {node.prompt}"
        case Music(for_ms=int(ms)):
            return f"{kind}: {ms / 1000:g} s"
        case Queue(direct_ms=int()):
            return f"transfer: {node.queue}"
        case Queue() | Callback():
            return f"{kind}: {node.queue}"
        case SetLanguage():
            return f"language: {node.language}"
        case Transfer():
            return f"{kind}: {node.number}"
        case Limit():
            return f"{kind}: {node.most}"
        case Hours():
            return f"{kind}: {node.calendar.id}"
    return kind


def _short(text: str, most: int = LETTERS_MOST) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
