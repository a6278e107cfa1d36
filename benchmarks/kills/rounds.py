"""One fault after the other while calls go on, and what came of it."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from subprocess import TimeoutExpired

from benchmarks.asterisk_load import stop_calling
from benchmarks.kills import verdict, wire
from benchmarks.kills.faults import FAULTS, Blow, revived
from benchmarks.kills.music import Heard, worst
from benchmarks.kills.scene import Scene
from benchmarks.kills.verdict import Away
from centre.calls import CallRecord

CALM_S = (3.0, 4.5)
"""Between two faults, drawn evenly."""
AFTER_S = 0.5
"""How long after the first offer the music is still listened to."""
OFFERED_WITHIN_S = 30.0
FILLED_WITHIN_S = 90.0
AGREE_WITHIN_S = 20.0
"""A difference between engine and exchange that lasts so long is no news under way: it stays."""
_LOOK_S = 0.5
_LOOKS = 8
"""So many in a row must see a difference, however long they take."""
_ENDS_S = 45.0
"""Beyond the time that the agents need for those who wait."""
_A_CALL_S = 4.0
"""An agent's time for a call, ringing and not taking it included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One fault. Music is the worst of all who are listened to; None: nobody of them waited all the time."""

    blow: Blow
    waited: int
    """Callers on the line, when it struck."""
    offered_after_s: float | None
    """From the restart's beginning to the first ring of a phone; None: none came."""
    music: Heard | None
    control: Heard | None
    """The same without a fault: where an engine starts again, while a program as large starts beside; else as long
    before the fault."""
    differences: tuple[str, ...]
    """What engine and exchange did not agree on in the end."""


@dataclass(slots=True, kw_only=True)
class Result:
    """One size."""

    waiting: int
    rounds: list[Round] = field(default_factory=list)
    calls: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    out_of_order: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    """Promises that the journal shows to be broken: of any of the three kinds, or that it can be replayed."""
    unknown: int = 0
    """Callers of whom the journal says nothing: they came and went while there was no engine."""
    unqueued: int = 0
    """Callers of whom the journal says that they came, and left before they were in a queue: nobody's order."""
    seconds: float = 0.0
    """What all of it took."""


async def befall(scene: Scene, fault: str, times: int, result: Result, *, calm_s: tuple[float, float]) -> None:
    """So many faults, with a calm between them, and the end of all calls; fills *result*."""
    begun_at = time.monotonic()
    waiting = scene.size.waiting
    if not await scene.saw(lambda seen: len(seen.there(time.time())) >= (scene.size.most or 1), FILLED_WITHIN_S):
        raise RuntimeError(f"there were never {scene.size.most} callers on the line")
    result.waiting = waiting
    for _ in range(times):
        begun = time.time()
        await scene.read()
        control = await _start_beside(scene) if fault == "kill" else None
        await asyncio.sleep(scene.victims.drawn.uniform(*calm_s))
        one = await _one_round(scene, fault, begun, control)
        result.rounds.append(one)
        print(f"{waiting:5d}  {in_words(one)}", flush=True)
    result.lost += await _all_served(scene)
    records = await _recorded(scene)
    away = [Away(one.blow.struck, one.blow.back + AFTER_S) for one in result.rounds]
    seen, books = scene.wire, scene.books
    result.calls = len(seen.callers)
    result.lost += [*(what for one in result.rounds for what in one.differences)]
    result.lost += verdict.lost(seen, books, records, away)
    result.unknown, result.unqueued = verdict.unheard_of(seen, books), verdict.unqueued(seen, books)
    result.doubled += [*wire.doubled(seen), *verdict.doubled(seen, books, records)]
    result.out_of_order += verdict.out_of_order(seen, books)
    result.broken += books.broken
    result.seconds = time.monotonic() - begun_at


async def _start_beside(scene: Scene) -> Heard | None:
    """What is heard while nothing befalls the engine, and the machine has as much to do as in its restart."""
    since = time.time() - 0.1
    await scene.beside.start()
    await asyncio.sleep(AFTER_S)
    until = time.time()
    scene.beside.send(signal.SIGKILL)
    await scene.beside.ended()
    scene.wire.look()
    return _heard(scene, since, until)


async def _one_round(scene: Scene, fault: str, calm_since: float, control: Heard | None) -> Round:
    victims = scene.victims
    blow = await FAULTS[fault](victims)
    victims.blows += 1
    end = time.monotonic() + OFFERED_WITHIN_S
    while (first := await scene.first_ring(blow.over, _LOOK_S)) is None and time.monotonic() < end:
        blow = await revived(victims, blow)
    until = max(blow.back, first.at if first is not None else 0.0) + AFTER_S
    await asyncio.sleep(max(0.0, until + 0.1 - time.time()))
    return Round(
        blow=blow,
        waited=len(scene.wire.there(blow.struck)),
        offered_after_s=None if first is None else first.at - blow.over,
        music=_heard(scene, blow.struck - 0.1, until),
        control=control or _heard(scene, max(calm_since, blow.struck - 0.2 - (until - blow.struck)), blow.struck - 0.2),
        differences=tuple(await _differences(scene)),
    )


def _heard(scene: Scene, since: float, until: float) -> Heard | None:
    """Of all who waited all this time, with music, and are listened to; None: nobody was."""
    talks = scene.wire.talks()
    heard = []
    for caller in scene.wire.there(since - 1.0):
        ear = scene.ears.of(caller.number)
        if (
            ear is None
            or caller.gone <= until
            or any((one.answered or 0.0) < until for one in talks.get(caller.number, ()))
        ):
            continue
        one = ear.heard(since, until)
        if one is not None:
            heard.append(one)
    return worst(heard)


async def _differences(scene: Scene) -> list[str]:
    """What engine and exchange do not agree on, look after look."""
    await scene.read()  # with many calls that may take longer than what follows
    staying: set[tuple[str, str]] = set()
    looks, end = 0, time.monotonic() + AGREE_WITHIN_S
    while looks == 0 or (staying and (looks < _LOOKS or time.monotonic() < end)):
        channels = await scene.exchange.collect("CoreShowChannels")
        await scene.read()
        found = set(scene.books.differences(channels))
        staying = found if looks == 0 else staying & found
        looks += 1
        await asyncio.sleep(_LOOK_S)
    return [" ".join(one) for one in sorted(staying)]


async def _all_served(scene: Scene) -> list[str]:
    """Nobody new comes; waits until all have gone. Who has not is lost."""
    stop_calling(scene.calling)
    waiting = len(scene.wire.there(time.time()))
    within_s = waiting / scene.size.agents * _A_CALL_S + _ENDS_S
    await scene.saw(lambda seen: not seen.there(time.time()), within_s)
    left = [f"{one} is still there after {within_s:.0f} s" for one in scene.wire.there(time.time())]
    with suppress(TimeoutExpired):  # SIPp may have calls that it does not know the end of: those are told of above
        await asyncio.to_thread(scene.calling.wait, 10)
    scene.wire.look()
    return left


async def _recorded(scene: Scene) -> Sequence[CallRecord]:
    """What the database has, once it has what it should, or long after."""
    end = time.monotonic() + AGREE_WITHIN_S
    while True:
        await scene.read()
        records = await scene.records()
        if set(scene.books.ended) <= {one.call for one in records} and not scene.books.centre.calls:
            return records
        if time.monotonic() > end:
            return records
        await asyncio.sleep(_LOOK_S)


def in_words(one: Round) -> str:
    """A line of progress."""
    offered = "never offered" if one.offered_after_s is None else f"first offer after {one.offered_after_s:4.2f} s"
    gap = "" if one.music is None else f"  gap {one.music.gap_ms:4.0f} ms (behind {one.music.behind_ms:.0f})"
    control = "" if one.control is None else f", control {one.control.gap_ms:.0f} ({one.control.behind_ms:.0f})"
    differences = f"; {len(one.differences)} differences stay" if one.differences else ""
    return f"{one.waited:4d} there  {offered}{gap}{control}  {one.blow.name}{differences}"
