"""Circles of a flow that go through queues: where a call that leaves a queue without an agent can only come back."""

from __future__ import annotations

from config.check.flows import edges
from config.documents import Document
from config.schema.flows import FlowModel, HoursModel, LanguageModel, QueueNodeModel, SayModel, TagModel
from config.schema.site import SiteModel


def check_circles(document: Document, flow: FlowModel, site: SiteModel, *, fatal: bool) -> None:
    """Finds calls that leave a queue without an agent and can only come back to a queue, for ever.

    ``fatal``: those in which every queue may be full and nothing is said on the way, so that a call would go round in
    no time; otherwise those in which it is kept waiting, and never let go.
    """
    passing = SayModel | LanguageModel | TagModel | HoursModel | QueueNodeModel
    out = {name for name, node in flow.nodes.items() if not isinstance(node, passing)}
    while more := {
        name for name, node in flow.nodes.items() if name not in out and any(edge in out for _, edge in edges(node))
    }:
        out |= more
    said: set[str] = set()
    for name, node in flow.nodes.items():
        if name in out or name in said or not isinstance(node, QueueNodeModel):
            continue
        circle = _circle(flow, name)
        said.update(circle)
        timeless = all(_takes_no_time(flow, one, site) for one in circle)
        if timeless is not fatal:
            continue
        trail = " → ".join([*circle, circle[0]])
        what = (
            "when they are full, the call goes round for ever, in no time"
            if fatal
            else "a caller whom nobody answers is never let go"
        )
        document.fault(
            ("nodes", circle[-1], "otherwise"),
            f"the call can only go round: {trail}: {what}; lead an edge out of the circle, to a message or a menu",
        )


def _circle(flow: FlowModel, start: str) -> list[str]:
    """A circle that a call from ``start``, where there is no way out, comes to."""
    trail = [start]
    while (following := next(edge for _, edge in edges(flow.nodes[trail[-1]]))) not in trail:
        trail.append(following)
    return trail[trail.index(following) :]


def _takes_no_time(flow: FlowModel, name: str, site: SiteModel) -> bool:
    node = flow.nodes[name]
    if isinstance(node, QueueNodeModel):
        return site.queues[node.queue].waiting_limit is not None
    return not isinstance(node, SayModel)
