"""What a call in a menu costs the pure flow engine: steps a second, and the size of its session.

Run as ``python -m benchmarks.flows``. A step is one thing that a call is told (a key was pressed, a prompt is over, a
customer record is there) with all that follows from it, to the next thing that has to be waited for. Callers who press
by chance, and now and then nothing, walk through the menus of two examples; their steps are written down, and then
taken again, one after the other; what counts is the time of one core. A session is measured after each of its steps:
as the JSON that a journal or a store would keep, and in memory, as what Python allocates for 10,000 calls in menus.

What becomes of such calls when the engine is killed: ``python -m benchmarks.flows_killed``.
"""

from __future__ import annotations

import argparse
import gc
import random
import statistics
import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from time import process_time

import msgspec

from config.loader import load_site
from cti.plain import builtins
from ivr import engine
from ivr.flow import Collect, Flow, Menu
from ivr.messages import Ask, Effect, Entered, EntryEnd, Event, FetchData, Fetched, LookUpCustomer, Speak, Spoken
from ivr.session import Session

EXAMPLES = Path(__file__).parents[1] / "config" / "examples"
NOON = int(datetime(2026, 11, 23, 10, tzinfo=UTC).timestamp() * 1000)
SILENT = 0.1
"""The share of questions that nobody answers in time."""


@dataclass(frozen=True, slots=True)
class Step:
    """What a call is told, and where it stands then; after it, where it stands next."""

    before: Session
    event: Event
    after: Session


def walk(flow: Flow, call: str, chance: random.Random) -> Iterator[Step]:
    """The steps of one call, until it waits in a queue or is over."""
    session, effects = engine.start(flow, NOON, call=call, number="+380501110003", dialled="100")
    while (event := answer(flow, session, effects[-1], chance)) is not None:
        after, effects = engine.advance(flow, session, event, NOON)
        yield Step(session, event, after)
        session = after


def answer(flow: Flow, session: Session, wanted: Effect, chance: random.Random) -> Event | None:
    """What comes of it; None for a call that leaves the menus."""
    match wanted:
        case Speak():
            return Spoken(step=wanted.step)
        case Ask() if chance.random() < SILENT:
            return Entered(step=wanted.step, keys="", end=EntryEnd.NO_INPUT)
        case Ask():
            return Entered(step=wanted.step, keys=keys(flow, session, chance), end=EntryEnd.KEYS)
        case FetchData(take=take):
            return Fetched(step=wanted.step, values=dict.fromkeys(take, "sent"))
        case LookUpCustomer():
            return Fetched(step=wanted.step, values={"tier": "gold", "agent": "olena"})
        case _:
            return None


def keys(flow: Flow, session: Session, chance: random.Random) -> str:
    """Keys that fit the question."""
    match flow.nodes[session.node]:
        case Menu() as menu:
            return chance.choice(sorted(menu.choices))
        case Collect() as collect:
            return "".join(chance.choice("0123456789") for _ in range(collect.keys.most))
        case other:
            raise AssertionError(f"{other} asks nothing")


def steps_a_second(flow: Flow, steps: list[Step]) -> float:
    """All of them once more, by the time of the core."""
    gc.collect()
    gc.disable()
    begin = process_time()
    for step in steps:
        engine.advance(flow, step.before, step.event, NOON)
    taken_s = process_time() - begin
    gc.enable()
    return len(steps) / taken_s


def encoded_bytes(session: Session) -> int:
    """As JSON."""
    return len(msgspec.json.encode(builtins(session)))


def bytes_in_memory(flow: Flow, calls: int) -> float:
    """Of one of so many sessions that stand in menus at once, each as far as chance has brought it."""
    chance = random.Random(2)
    gc.collect()
    tracemalloc.start()
    sessions = [left_after(flow, f"asterisk-{number}", chance) for number in range(calls)]
    gc.collect()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return held / len(sessions)


def left_after(flow: Flow, call: str, chance: random.Random) -> Session:
    """The session of a call after one to five steps, or as many as it takes to leave the menus."""
    *_, last = islice(walk(flow, call, chance), chance.randint(1, 5))
    return last.after


def main(arguments: list[str] | None = None) -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=5_000, help="that walk through each flow (default 5,000)")
    parser.add_argument("--runs", type=int, default=7, help="each with all steps (default 7)")
    options = parser.parse_args(arguments)
    for example in ("bank", "menus"):
        flow = load_site(EXAMPLES / example).entry_flow
        chance = random.Random(1)
        steps = [step for number in range(options.calls) for step in walk(flow, f"asterisk-{number}", chance)]
        rates = [steps_a_second(flow, steps) for _ in range(options.runs)]
        sizes = sorted(encoded_bytes(step.after) for step in steps[:: max(1, len(steps) // 20_000)])
        held = [bytes_in_memory(flow, 2 * options.calls) for _ in range(min(options.runs, 3))]
        print(
            f"{example}: {len(flow.nodes)} nodes, {len(steps):,} steps of {options.calls:,} calls; median "
            f"(lowest–highest) of {options.runs} runs\n"
            f"  steps    {spread(rates)} a second and core, {1e6 / statistics.median(rates):.1f} µs each\n"
            f"  session  {sizes[len(sizes) // 2]:,} bytes as JSON ({sizes[0]:,}–{sizes[-1]:,}), "
            f"{spread(held)} bytes in memory"
        )


def spread(values: list[float]) -> str:
    """The median, the lowest and the highest."""
    return f"{statistics.median(values):,.0f} ({min(values):,.0f}–{max(values):,.0f})"


if __name__ == "__main__":
    main()
