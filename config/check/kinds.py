"""The kinds of calls that a flow can send to its queues: what they need, when they can come, and by which way."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from ivr.flow import Flow, Hours, Menu, Node, Queue, SetLanguage, Tag, outcomes

KINDS_MOST = 20_000
"""Ways through a flow that are looked at; a flow with more is looked at in part."""


@dataclass(frozen=True, slots=True)
class Kind:
    """All calls that come to one node with the same needs."""

    node: str
    language_needs: str | None = None
    other_needs: frozenset[str] = frozenset()
    open: frozenset[str] = frozenset()
    """The calendars that were open when they came by."""

    @property
    def needs(self) -> frozenset[str]:
        """The requirements that the way here has added to the queue's, as text."""
        return self.other_needs | ({self.language_needs} if self.language_needs else frozenset())


def kinds_of(flow: Flow) -> dict[Kind, str]:
    """The kinds of calls that come to a queue, each with its shortest way: “welcome → choose-language (1) → cards”."""
    first = Kind(flow.start)
    ways = {first: first.node}
    ahead = deque([first])
    while ahead and len(ways) < KINDS_MOST:
        kind = ahead.popleft()
        for label, following in _next(kind, flow.nodes[kind.node]):
            if following.node in flow.nodes and following not in ways:
                ways[following] = f"{ways[kind]}{label} → {following.node}"
                ahead.append(following)
    return {kind: way for kind, way in ways.items() if isinstance(flow.nodes[kind.node], Queue)}


def _next(kind: Kind, node: Node) -> Iterator[tuple[str, Kind]]:
    """Where calls of the kind go from ``node``, each with what they did there."""
    needs, others, calendars = kind.language_needs, kind.other_needs, kind.open
    match node:
        case SetLanguage():
            yield "", Kind(node.next, node.needs, others, calendars)
        case Tag():
            yield "", Kind(node.next, needs, others | ({node.needs} if node.needs else set()), calendars)
        case Hours():
            yield " (open)", Kind(node.open, needs, others, calendars | {node.calendar.id})
            yield " (closed)", Kind(node.closed, needs, others, calendars)
            if node.holiday is not None:
                yield " (holiday)", Kind(node.holiday, needs, others, calendars)
        case Menu():
            for key, choice in node.choices.items():
                yield f" ({key})", Kind(choice.next, needs, others, calendars)
            yield " (no key)", Kind(node.otherwise, needs, others, calendars)
        case _:
            for _, edge in outcomes(node):
                yield "", Kind(edge, needs, others, calendars)
