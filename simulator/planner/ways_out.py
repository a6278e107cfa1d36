"""How callers leave a queue by themselves, by what its menu lets them do while they wait: a key, a callback.

As on the way into the queue, one caller is sent through it; here it is asked whether that tells how all of them fare.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from acd.setup import QueueSetup
from config.workload import Callers
from ivr.flow import AFTER, TAKES_THE_CALL, WAITING, Callback, Flow, Hours, Queue, outcomes
from ivr.reach import beside
from ivr.waiting import Music
from simulator.planner.laws import ENDLESS_MS
from simulator.planner.menu_probe import Probe, Stood
from simulator.planner.model import Stretch
from simulator.planner.refusals import File, Refusal, not_run

_NEVER = Stretch(ms=ENDLESS_MS)
WITHOUT = "plan a copy of the site whose flow goes on without it"


@dataclass(frozen=True)
class WayOut:
    """How callers of a kind leave a queue: see :class:`simulator.planner.model.Leaving`."""

    first: Stretch
    again: Stretch
    after: Stretch
    back: Stood | None


def lets_leave(flow: Flow, node: str) -> bool:
    """Whether callers may leave the queue of ``node``."""
    return any(isinstance(flow.nodes[name], (*TAKES_THE_CALL, Callback)) for name in beside(flow, node))


def offered_while_waiting(flow: Flow) -> set[str]:
    """The nodes that offer to call back beside queues, and nowhere else."""
    elsewhere = [flow.start]
    for name in elsewhere:
        ways = (to for label, to in outcomes(flow.nodes[name]) if label not in (AFTER, WAITING))
        elsewhere += [to for to in dict.fromkeys(ways) if to not in elsewhere]
    queues = (name for name, node in flow.nodes.items() if isinstance(node, Queue))
    around = {name for queue in queues for name in beside(flow, queue) if isinstance(flow.nodes[name], Callback)}
    return around - set(elsewhere)


def not_left(flow: Flow) -> Iterator[Refusal]:
    """What makes callers who leave a queue fare otherwise from time to time."""
    for queue, node in flow.nodes.items():
        if isinstance(node, Queue) and lets_leave(flow, queue):
            for name in beside(flow, queue):
                if isinstance(flow.nodes[name], Hours):
                    feature = "“hours” while callers wait in a queue that they may leave"
                    yield Refusal(File.FLOW, (name, "do"), not_run(f"node “{name}”", feature, WITHOUT))


def way_out(
    flow: Flow, setups: Mapping[str, QueueSetup], kind: Callers, probe: Probe
) -> tuple[WayOut | None, list[Refusal]]:
    """How a caller who was sent through the queue left it (None: not), and what does not tell how others do."""
    if probe.left is None or probe.stood is None:
        return None, []
    node = probe.stood.node
    around = beside(flow, node)
    found: list[Refusal] = []

    def refuse(where: str, setting: str, feature: str, instead: str) -> None:
        found.append(Refusal(File.FLOW, (where, setting), not_run(f"node “{where}”", feature, instead)))

    if probe.second:
        feature = f"a second wait, and who leaves by a key is led on to queue “{probe.second}”"
        refuse(node, "waiting", feature, "let the flow end there")
    for stood in (probe.stood, probe.back):
        if stood is not None and any(step.spill is not None for step in setups[stood.queue].steps):
            feature = f"leaving queue “{stood.queue}” beside its “spill”"
            refuse(node, "waiting", feature, "leave the “spill” out for the plan")
    musics = [name for name in around if isinstance(flow.nodes[name], Music)]
    if len(musics) > 1:
        refuse(musics[1], "do", "a second “music” beside a queue that callers leave", "let one node play it")
    for name in around:
        offer = flow.nodes[name]
        if isinstance(offer, Callback) and probe.back is not None and offer.refused not in musics:
            refuse(name, "refused", "“refused” that leads anywhere but to the music", "let it lead there")
    again = probe.left
    if musics and probe.music is not None:
        again = Stretch(ms=probe.left.ms - probe.music.ms, keys=probe.left.keys - probe.music.keys)
    elif musics:
        again = _NEVER
        music = flow.nodes[musics[0]]
        assert isinstance(music, Music)
        if music.for_ms is not None or kind.keys.get(musics[0], "") in music.keys:
            refuse(musics[0], "do", "leaving before and after this music", "let callers leave one way")
    after = Stretch(ms=0)
    if probe.over is not None:
        after = Stretch(ms=probe.over.ms - probe.left.ms, keys=probe.over.keys - probe.left.keys)
    return WayOut(first=probe.left, again=again, after=after, back=probe.back), found
