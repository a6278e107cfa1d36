"""Which nodes of a flow a call can come to: from its start, while it waits, when its conversation is over; and what
these read."""

from __future__ import annotations

from collections.abc import Iterator

from ivr.expressions import Expression, names
from ivr.flow import AFTER, TAKES_THE_CALL, Callback, Flow, Node, Queue, Tag, outcomes
from ivr.logic import Branch, Fetch, Limit, LookUp, Set
from ivr.waiting import TOLD


def beside(flow: Flow, queue: str) -> tuple[str, ...]:
    """The nodes that a call can come to beside its place in the queue of the node called ``queue``, the nearest first;
    those at which it leaves are among them."""
    node = flow.nodes[queue]
    assert isinstance(node, Queue)
    found = [] if node.waiting is None else [node.waiting]
    for name in found:
        inner = flow.nodes[name]
        if not isinstance(inner, TAKES_THE_CALL):
            accepted = inner.accepted if isinstance(inner, Callback) else None
            found += [to for to in dict.fromkeys(to for _, to in outcomes(inner)) if to not in found and to != accepted]
    return tuple(found)


def after_conversations(flow: Flow) -> tuple[str, ...]:
    """The nodes that a call can come to when its conversation is over, the nearest first."""
    found = list(dict.fromkeys(node.after for node in flow.nodes.values() if isinstance(node, Queue) and node.after))
    for name in found:
        found += [to for to in dict.fromkeys(to for _, to in outcomes(flow.nodes[name])) if to not in found]
    return tuple(found)


def before_conversations(flow: Flow) -> tuple[str, ...]:
    """The nodes that a call can come to before, or without, a conversation, the nearest first."""
    found = [flow.start]
    for name in found:
        ways = (to for label, to in outcomes(flow.nodes[name]) if label != AFTER)
        found += [to for to in dict.fromkeys(ways) if to not in found]
    return tuple(found)


def read_at(flow: Flow, name: str) -> set[str]:
    """The variables that the node of this name reads: to decide by, to hand on, or aloud."""
    read = {variable for one in _expressions(flow.nodes[name]) for variable in names(one)}
    return read | {variable.name for variable in flow.reads_aloud.get(name, {}).values()}


def speaks_of_waits(flow: Flow) -> bool:
    """Whether the flow lets callers hear what is expected of their wait, or decides by it."""
    return any(not read_at(flow, name).isdisjoint(TOLD) for name in flow.nodes)


def _expressions(node: Node) -> Iterator[Expression]:
    match node:
        case Branch():
            yield from (case.when for case in node.cases)
        case Set():
            yield from node.values.values()
        case Tag():
            yield from node.shown.values()
        case Limit():
            yield node.by
        case Queue() if node.preferred is not None:
            yield node.preferred
        case Fetch():
            yield from (part for part in node.path if not isinstance(part, str))
            yield from (*node.query.values(), *node.json.values())
        case LookUp():
            yield node.number
