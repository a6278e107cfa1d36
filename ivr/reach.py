"""Which nodes of a flow a call can come to: from its start, while it waits, when its conversation is over."""

from __future__ import annotations

from ivr.flow import AFTER, TAKES_THE_CALL, Callback, Flow, Queue, outcomes


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
