"""A flow as a picture: boxes in rows, the further from the start the lower; arrows with what makes a call go that way.

Layers by the shortest way from the start, order within a layer by the mean place of the neighbours (the barycentre
heuristic: Sugiyama, Tagawa and Toda, “Methods for visual understanding of hierarchical system structures”, IEEE Trans.
SMC 11 (1981)). Plain SVG, without script, style sheet or font of its own.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
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
    Transfer,
    Voicemail,
    outcomes,
)
from ivr.logic import Branch, Fetch, Goto, LookUp, Split

WIDTH, HEIGHT = 176, 46
GAP_X, GAP_Y = 28, 74
MARGIN = 24
LETTERS_MOST = 26
SWEEPS = 8

_COLOURS: tuple[tuple[tuple[type[Node], ...], str], ...] = (
    ((Menu, Collect, Callback), "#cfe3ff"),
    ((Queue,), "#d3f0d3"),
    ((HangUp, Transfer, Voicemail), "#f6d5d5"),
    ((Fetch, LookUp), "#fbe6c2"),
    ((Branch, Split, Hours, Goto), "#eadcf5"),
)


def drawn(flow: Flow) -> str:
    """The picture, as the text of an SVG file."""
    layers = _layers(flow)
    places = {
        name: (MARGIN + number * (WIDTH + GAP_X), MARGIN + depth * (HEIGHT + GAP_Y))
        for depth, layer in enumerate(layers)
        for number, name in enumerate(layer)
    }
    width = max(x for x, _ in places.values()) + WIDTH + MARGIN + GAP_X
    height = max(y for _, y in places.values()) + HEIGHT + MARGIN
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'font-family="sans-serif" font-size="12" role="img">',
        f"<title>{escape(flow.id)}</title>",
        '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
        'orient="auto"><path d="M0 0L8 4L0 8z" fill="#555"/></marker></defs>',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        *(arrow for name in places for arrow in _arrows(flow, name, places)),
        *(_box(name, flow.nodes[name], places[name], first=name == flow.start) for name in places),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _layers(flow: Flow) -> list[list[str]]:
    depth = {flow.start: 0}
    ahead = deque([flow.start])
    while ahead:
        name = ahead.popleft()
        for _, to in outcomes(flow.nodes[name]):
            if to not in depth:
                depth[to] = depth[name] + 1
                ahead.append(to)
    layers: list[list[str]] = [[] for _ in range(max(depth.values()) + 1)]
    for name, layer in depth.items():
        layers[layer].append(name)
    near: dict[str, list[str]] = {name: [] for name in depth}
    for name in depth:
        for _, to in outcomes(flow.nodes[name]):
            near[name].append(to)
            near[to].append(name)
    for _ in range(SWEEPS):
        place = {name: number - len(layer) / 2 for layer in layers for number, name in enumerate(layer)}
        for row in layers:
            row.sort(key=lambda name: sum(place[other] for other in near[name]) / max(len(near[name]), 1))
    return layers


def _box(name: str, node: Node, place: tuple[int, int], *, first: bool) -> str:
    x, y = place
    fill = next((colour for kinds, colour in _COLOURS if isinstance(node, kinds)), "#f2f2f2")
    title, detail = _short(name), _short(_detail(node))
    return (
        f'<g><title>{escape(name)}</title><rect x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="6" fill="{fill}" '
        f'stroke="{"#111" if first else "#777"}" stroke-width="{2 if first else 1}"/>'
        f'<text x="{x + WIDTH / 2:g}" y="{y + 19}" text-anchor="middle" font-weight="bold">{escape(title)}</text>'
        f'<text x="{x + WIDTH / 2:g}" y="{y + 36}" text-anchor="middle" fill="#444">{escape(detail)}</text></g>'
    )


def _detail(node: Node) -> str:
    kind = type(node).__name__.lower()
    match node:
        case Say() | Menu() | Collect() | Voicemail():
            return f"{kind}: {node.prompt}"
        case Queue() | Callback():
            return f"{kind}: {node.queue}"
        case SetLanguage():
            return f"language: {node.language}"
        case Transfer():
            return f"{kind}: {node.number}"
        case Hours():
            return f"{kind}: {node.calendar.id}"
    return kind


def _arrows(flow: Flow, name: str, places: Mapping[str, tuple[int, int]]) -> Iterator[str]:
    labels: dict[str, list[str]] = {}
    for label, to in outcomes(flow.nodes[name]):
        labels.setdefault(to, []).append(label)
    x, y = places[name]
    # Arrows leave from left to right as their ends lie, so that they cross less.
    for number, (to, words) in enumerate(sorted(labels.items(), key=lambda one: places[one[0]])):
        start = x + WIDTH * (number + 1) / (len(labels) + 1)
        end_x, end_y = places[to]
        down = end_y > y
        # Down from the lower edge to the upper one; back up, or across, along the right-hand side.
        begin = (start, y + HEIGHT) if down else (x + WIDTH, y + HEIGHT / 2)
        end = (end_x + WIDTH / 2, end_y) if down else (end_x + WIDTH, end_y + HEIGHT / 2)
        bend = (begin[0], begin[1] + GAP_Y / 2, end[0], end[1] - GAP_Y / 2)
        if not down:
            bend = (begin[0] + GAP_X, begin[1], end[0] + GAP_X, end[1])
        dashes = "" if down else ' stroke-dasharray="4 3"'
        yield (
            f'<path d="M{begin[0]:g} {begin[1]:g}C{" ".join(f"{one:g}" for one in (*bend, *end))}" '
            f'fill="none" stroke="#777"{dashes} marker-end="url(#arrow)"/>'
        )
        text = ", ".join(word for word in words if word != "next")
        if text:
            at = (begin[0] + 3, begin[1] + 12 + 11 * (number % 3)) if down else (begin[0] + 4, begin[1] - 4)
            yield f'<text x="{at[0]:g}" y="{at[1]:g}" font-size="9" fill="#333">{escape(_short(text))}</text>'


def _short(text: str) -> str:
    return text if len(text) <= LETTERS_MOST else text[: LETTERS_MOST - 1] + "…"
