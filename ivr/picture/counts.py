"""How many calls came by each node and each way of a flow, and where callers hung up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from ivr.flow import Flow, HangUp, outcomes


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """One call’s way: the nodes that it came to, in order, and whether the caller hung up at the last."""

    nodes: tuple[str, ...]
    """An empty name stands for nodes that were left out of a long way."""
    hung_up: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Of one flow, over some time."""

    calls: int
    came: Mapping[str, int]
    """By node, how many calls came there, be it once or again and again."""
    went: Mapping[tuple[str, str], int]
    """By way, from node to node, how many calls went it."""
    left: Mapping[str, int]
    """By node, how many callers hung up there."""
    other_ways: int
    """Calls that came to nodes, or went ways, which the flow has not: it was another one then."""


def counted(flow: Flow, walks: Iterable[Walk]) -> Counts:
    """The counts of the walks that began at the flow's start."""
    ways = {(name, to) for name, node in flow.nodes.items() for _, to in outcomes(node)}
    came: Counter[str] = Counter()
    went: Counter[tuple[str, str]] = Counter()
    left: Counter[str] = Counter()
    calls = other_ways = 0
    for walk in walks:
        calls += 1
        came.update(flow.nodes.keys() & set(walk.nodes))
        went.update(ways & set(pairwise(walk.nodes)))
        last = walk.nodes[-1] if walk.nodes else ""
        # Whoever hangs up during the good-bye has heard it all.
        if walk.hung_up and last in flow.nodes and not isinstance(flow.nodes[last], HangUp):
            left[last] += 1
        other_ways += any(name and name not in flow.nodes for name in walk.nodes)
    return Counts(calls=calls, came=came, went=went, left=left, other_ways=other_ways)
