"""What the menu makes of a caller: found out by sending one of each kind through it, see
:mod:`simulator.planner.menu_probe`.

What a caller of one kind meets may change over the day (opening hours); where it does is found by bisection.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from acd.effects import Exit
from acd.requirement import ANYBODY, Requirement
from acd.setup import QueueSetup
from config.site import Site
from config.workload import Callers, Workload
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
    Tag,
    Transfer,
    outcomes,
)
from ivr.logic import Branch, Fetch, Goto, Limit, LookUp, Pace, Set, Split
from ivr.reach import before_conversations
from ivr.recordings import Record, Voicemail
from ivr.waiting import Music
from simulator.planner.menu_probe import Probe, Stood
from simulator.planner.refusals import File, Refusal, not_run
from simulator.planner.stays import reached_from
from simulator.planner.ways_out import WITHOUT, WayOut, lets_leave, not_left, offered_while_waiting, way_out

_STEP_MS = 900_000
_EDGE_MS = 1
"""Changes between two quarters of an hour are found to the millisecond; a change back within one quarter is not
seen."""


@dataclass(frozen=True)
class Way:
    """What the menu makes of a caller."""

    queue: str | None
    """None: no queue is asked for."""
    needs: Requirement = ANYBODY
    priority: int = 0
    menu_ms: int = 0
    key_delays: int = 0
    out: WayOut | None = None
    """How they leave the queue by themselves."""
    refusals: tuple[Refusal, ...] = ()
    """What of it the planner does not run."""


@dataclass(frozen=True)
class _Menu:
    """The menu of a site, for callers of a kind."""

    site: Site
    """Its queues stand open, and keep everybody."""
    kind: Callers
    workload: Workload
    wants_callback: bool
    setups: Mapping[str, QueueSetup]
    """The queues as they are set up."""

    def way_at(self, at: int) -> Way:
        """What becomes of who dials then."""
        probe = Probe(self.site, self.kind, self.workload, at, wants_callback=self.wants_callback)
        probe.walk(to_the_end=False)
        stood, came = probe.stood, probe.came
        if stood is None or came is None:
            return Way(None)
        if lets_leave(self.site.entry_flow, stood.node):
            probe.walk(to_the_end=True)
        out, refusals = way_out(self.site.entry_flow, self.setups, self.kind, probe)
        return Way(
            queue=stood.queue,
            needs=stood.needs,
            priority=stood.priority,
            menu_ms=came.ms,
            key_delays=came.keys,
            out=out,
            refusals=(*self._goes_on(stood), *refusals),
        )

    def _goes_on(self, stood: Stood) -> Iterator[Refusal]:
        """Where the flow goes on to another queue when this one does not take or keep the call."""
        node = self.site.entry_flow.nodes[stood.node]
        assert isinstance(node, Queue)
        limits = [(stood.queue, why, key) for why, key in _limits(self.setups[stood.queue]).items()]
        for other in reached_from(stood.queue, self.setups):
            # Nothing spills to a queue that is full.
            limits += [(other, why, key) for why, key in _limits(self.setups[other]).items() if why is not Exit.FULL]
        for name_of, why, key in limits:
            queue = self._first_queue(node.exits.get(why, node.otherwise))
            if queue:
                message = not_run(
                    f"queue “{name_of}”",
                    f"a second wait, and whom “{key}” lets go is led on to queue “{queue}”",
                    f"let the flow end there, or leave “{key}” out for the plan",
                )
                setting = ("exits", why.value) if why in node.exits else ("otherwise",)
                yield Refusal(File.FLOW, (stood.node, *setting), message)

    def _first_queue(self, start: str) -> str:
        """The first queue to which the flow may lead a call from node ``start`` on; empty: none."""
        ahead, seen = [start], set[str]()
        while ahead:
            name = ahead.pop()
            if name not in seen:
                seen.add(name)
                after = self.site.entry_flow.nodes[name]
                if isinstance(after, Queue):
                    return after.queue
                ahead += [to for _, to in outcomes(after)]
        return ""


_WALKED = (Say, Menu, Collect, SetLanguage, Tag, Hours, Queue, Voicemail, Record, Transfer, HangUp, Set, Music)
"""Nodes at which all callers of a kind fare alike. One that is not named here may ask the customer records, the lot or
the state of the centre."""


_DO: Mapping[type[Node], str] = {
    Branch: "branch",
    Split: "split",
    Goto: "goto",
    Limit: "limit",
    Pace: "pace",
    Fetch: "http",
    LookUp: "lookup",
    Callback: "callback",
    Survey: "survey",
}
"""The others, as flows name them."""


def not_walked(flow: Flow) -> list[Refusal]:
    """The nodes of ``flow`` at which callers of a kind do not all fare alike."""

    def refused(name: str, feature: str, *setting: str) -> Refusal:
        return Refusal(File.FLOW, (name, *setting), not_run(f"node “{name}”", feature, WITHOUT))

    # What follows a conversation takes no agent's time.
    nodes = ((name, flow.nodes[name]) for name in before_conversations(flow))
    waiting = offered_while_waiting(flow)
    found = [
        refused(name, f"“{_DO[type(node)]}”{' but beside a queue' if isinstance(node, Callback) else ''}", "do")
        for name, node in nodes
        if not isinstance(node, _WALKED) and name not in waiting
    ]
    for name, node in flow.nodes.items():
        if not isinstance(node, Queue):
            continue
        if node.preferred is not None and node.direct_ms is None:
            found.append(refused(name, "“preferred”", "preferred"))
        elif node.preferred is not None:
            found.append(refused(name, "“transfer” to an agent", "agent"))
    return [*found, *not_left(flow)]


def _limits(queue: QueueSetup) -> dict[Exit, str]:
    """Why the queue may let a call go by itself, each with the key that makes it so."""
    keys = {
        Exit.TIMEOUT: (queue.max_wait_ms, "wait_limit"),
        Exit.FULL: (queue.max_waiting, "waiting_limit"),
        Exit.CLOSED: (queue.hours, "calendar"),
        Exit.NOBODY_STAFFED: (queue.unstaffed_ms, "unstaffed_limit"),
    }
    return {why: key for why, (value, key) in keys.items() if value is not None}


def ways_through(
    site: Site, workload: Workload, kind: Callers, begin: int, end: int, *, wants_callback: bool = False
) -> Iterator[tuple[int, int, Way]]:
    """The ways of a kind from ``begin`` to ``end`` (Unix milliseconds), each with when it begins and ends.

    Queues stand open for it, and keep everybody: whether one is closed, or without staff, is seen when a call comes to
    it.
    """
    setups = {queue.id: queue for queue in site.acd.queues}
    queues = tuple(
        replace(queue, hours=None, unstaffed_ms=None, max_wait_ms=None, steps=()) for queue in site.acd.queues
    )
    way_at = _Menu(replace(site, acd=replace(site.acd, queues=queues)), kind, workload, wants_callback, setups).way_at
    start, way = begin, way_at(begin)
    before = begin
    while before < end:
        after = min(before + _STEP_MS, end)
        later = way_at(after) if after < end else way
        if later != way:
            same, other = before, after
            while other - same > _EDGE_MS:
                middle = (same + other) // 2
                if way_at(middle) == way:
                    same = middle
                else:
                    other = middle
            yield start, other, way
            start, way = other, way_at(other)
            before = other
            continue
        before = after
    yield start, end, way
