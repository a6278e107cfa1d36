"""Circles of a flow that go through queues: where a call that leaves a queue without an agent can only come back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from config.documents import Document
from config.schema.flows import ExitWord, FlowModel, QueueNodeModel
from config.schema.queues import QueueModel
from config.schema.site import SiteModel
from config.yaml_tree import Path as TreePath
from ivr.flow import Collect, Flow, HangUp, Menu, Node, Queue, Say, Survey, outcomes
from ivr.logic import Goto
from ivr.recordings import Record, Voicemail

_REASONS: Mapping[ExitWord, str] = {
    "full": "when they are full",
    "closed": "when they are closed",
    "nobody-staffed": "when nobody is at work",
    "timeout": "when nobody answers in time",
}
"""What can send a call on from one queue after the other, in words."""


def check_circles(document: Document, flow: Flow, site: SiteModel, *, fatal: bool) -> None:
    """Finds calls that leave a queue without an agent and can only come back to a queue, for ever.

    ``fatal``: those in which no queue may let the call in and nothing is said on the way, so that it would go round in
    no time; otherwise those in which it is kept waiting, and never let go.
    """
    said: set[str] = set()
    for why in _REASONS:
        ahead = {name: _ways(node, why) for name, node in flow.nodes.items()}
        # A caller who is asked can leave the circle, and a goto leads out of it in the end.
        asking = Menu | Collect | Survey | Voicemail | Record | HangUp | Goto
        out = _leading_to([name for name, node in flow.nodes.items() if isinstance(node, asking)], ahead)
        for name, node in flow.nodes.items():
            if name in out or name in said or not isinstance(node, Queue):
                continue
            circle = _circle(ahead, name)
            if all(_takes_no_time(flow, one, site, why) for one in circle) is not fatal:
                continue
            said.update(circle)
            trail = " → ".join([*circle, circle[0]])
            what = f"{_REASONS[why]}, the call goes round for ever, in no time"
            if not fatal:
                what = "a caller whom nobody answers is never let go"
            document.fault(
                ("nodes", circle[-1], *ahead[circle[-1]][0][0]),
                f"the call can only go round: {trail}: {what}; lead an edge out of the circle, to a message or a menu",
            )


def _leading_to(found: list[str], ahead: Mapping[str, Sequence[tuple[TreePath, str]]]) -> set[str]:
    """These nodes, and all from which there is a way to one of them."""
    behind: dict[str, list[str]] = {}
    for name, ways in ahead.items():
        for _, following in ways:
            behind.setdefault(following, []).append(name)
    reached = set(found)
    for name in found:  # it grows meanwhile
        more = [one for one in behind.get(name, ()) if one not in reached]
        reached.update(more)
        found += more
    return reached


def check_exits(document: Document, flow: FlowModel, site: SiteModel) -> None:
    """Finds edges for reasons that a queue never has to let a call go."""
    for name, node in flow.nodes.items():
        if not isinstance(node, QueueNodeModel):
            continue
        for why in node.exits:
            limit = _limit(site.queues[node.queue], why)
            if limit:
                document.fault(
                    ("nodes", name, "exits", why),
                    f"no call ever leaves “{node.queue}” for this reason; tell the queue its {limit} in site.yaml, "
                    "or delete the edge",
                    at_key=True,
                )


def _limit(queue: QueueModel, why: ExitWord) -> str:
    """What the queue would have to be told for a call to leave it for this reason; empty where it has been."""
    needed = {
        "timeout": ("wait_limit", queue.wait_limit),
        "full": ("waiting_limit", queue.waiting_limit),
        "closed": ("calendar", queue.calendar),
        "nobody-staffed": ("unstaffed_limit", queue.unstaffed_limit),
    }
    name, value = needed.get(why, ("", None))
    return name if value is None else ""


def _ways(node: Node, why: ExitWord) -> list[tuple[TreePath, str]]:
    """Where a call goes from the node that leaves every queue for one reason, with the place of each edge."""
    if isinstance(node, Queue):
        return [(("exits", why), node.exits[why])] if why in node.exits else [(("otherwise",), node.otherwise)]
    return [((label,), following) for label, following in outcomes(node)]


def _circle(ahead: Mapping[str, list[tuple[TreePath, str]]], start: str) -> list[str]:
    """A circle that a call from ``start``, where there is no way out, comes to."""
    trail = [start]
    while (following := ahead[trail[-1]][0][1]) not in trail:
        trail.append(following)
    return trail[trail.index(following) :]


def _takes_no_time(flow: Flow, name: str, site: SiteModel, why: ExitWord) -> bool:
    node = flow.nodes[name]
    if isinstance(node, Queue):
        return why != "timeout" and not _limit(site.queues[node.queue], why)
    return not isinstance(node, Say)
