"""What callers hear while they wait: that there is music in it, and none of it where nobody waits."""

from __future__ import annotations

from collections.abc import Iterator

from config.documents import Document
from ivr.flow import TAKES_THE_CALL, WAITING, Callback, Flow, Queue, outcomes
from ivr.reach import beside, read_at
from ivr.waiting import TOLD, Music


def check_waiting(document: Document, flow: Flow) -> None:
    """Finds queues whose callers never come to music, and music and estimates where no call waits. ``document`` is the
    flow's own file; what is wrong in a flow that it calls is shown at the call."""
    for name, node in flow.nodes.items():
        if not isinstance(node, Queue) or node.waiting is None:
            continue
        if not any(isinstance(flow.nodes[one], Music) for one in beside(flow, name)):
            document.fault(
                ("nodes", *here(name), "waiting"),
                "who waits here never comes to music, and has nothing to go on with after a phone that rang in vain; "
                "lead what is heard here to a music node",
            )
    for name in _elsewhere(flow):
        node = flow.nodes[name]
        if isinstance(node, Music):
            document.fault(
                ("nodes", *here(name)),
                "a call can come here that waits in no queue, and would hear music for ever; let only “waiting” of a "
                "queue lead here",
                at_key=True,
            )
        for variable in sorted(read_at(flow, name) & TOLD.keys()):
            document.fault(
                ("nodes", *here(name)),
                f"a call can come here that waits in no queue, where “{variable}” is not known; read it only behind "
                "“waiting” of a queue",
                at_key=True,
            )


def here(name: str) -> tuple[str, ...]:
    """The node of the flow's own file in which the one called ``name`` stands."""
    return (name.partition("/")[0],)


def _elsewhere(flow: Flow) -> list[str]:
    """The nodes that a call can come to while it waits in no queue."""
    found = [flow.start]
    for name in found:
        node = flow.nodes[name]
        ways = [to for label, to in outcomes(node) if label != WAITING]
        if isinstance(node, Queue):
            ways += _leaving(flow, name)
        found += [to for to in dict.fromkeys(ways) if to not in found]
    return found


def _leaving(flow: Flow, queue: str) -> Iterator[str]:
    """The nodes at which calls leave the queue by what they hear there."""
    for name in beside(flow, queue):
        node = flow.nodes[name]
        if isinstance(node, TAKES_THE_CALL):
            yield name
        elif isinstance(node, Callback):
            yield node.accepted
