"""How fast the routing core decides: events a second and the time of one ``apply``, as a centre grows.

Run as ``python -m benchmarks.routing``. Each size is a centre of 500 queues with every strategy, 60 skills, two
relaxation steps a queue and agents of mixed skills (nearly no two alike), with the mix of events of a real day: calls
arrive, ring, are answered, held, finished and wrapped up, some callers give up, some phones ring out, some agents
take breaks. It is measured busy (about 2,000 callers wait for any agent who becomes free) and quiet (3 agents in 10
idle for any call that comes). Only ``apply`` is on the clock: processor time, garbage collection included, so that
neighbours on the machine do not count.

The events of a small centre where 2,000 wait are others than those of a large one: there, most are steps and callers
who give up; here, most are calls that find an agent. So the cost is also printed by what happened, which is what has to
stay the same as the centre grows.
"""

from __future__ import annotations

import argparse
import random
import statistics
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from heapq import heappop, heappush
from time import monotonic, thread_time_ns

from acd import events as ev
from acd.effects import Abandoned, AgentState, Answered, Effect, Handled, Offer, OfferEnd, OfferEnded, Queued
from acd.engine import Acd
from acd.requirement import Every, Requirement, Skill
from acd.setup import AcdSetup, AgentSetup, QueueSetup, RelaxationStep, Strategy

SKILLS = [f"skill{number}" for number in range(60)]
LANGUAGES = SKILLS[:4]
TALK_MS = 180_000
WRAP_UP_MS = 20_000
RING_MS = 4_000
PATIENCE_MS = 600_000


def centre(agents: int, queues: int, rng: random.Random) -> AcdSetup:
    """Agents with 3 to 9 skills at random levels (nearly all groups of one); queues that need two of them."""

    def needs(level: int) -> Requirement:
        return Every((Skill(one, level), Skill(other, level)))

    setups = []
    for number in range(queues):
        one, other = rng.sample(SKILLS[4:], 2)
        setups.append(
            QueueSetup(
                id=f"q{number}",
                needs=needs(3),
                priority=rng.choice((0, 0, 0, 5)),
                strategy=list(Strategy)[number % len(Strategy)],
                steps=(
                    RelaxationStep(after_ms=60_000, needs=needs(1)),
                    RelaxationStep(after_ms=180_000, needs=Skill(one), add_priority=2),
                ),
                wrap_up_ms=WRAP_UP_MS,
            )
        )
    people = tuple(
        AgentSetup(
            id=f"a{number}",
            skills={
                skill: rng.randint(1, 10)
                for skill in [rng.choice(LANGUAGES), *rng.sample(SKILLS[4:], rng.randint(2, 8))]
            },
        )
        for number in range(agents)
    )
    return AcdSetup(queues=tuple(setups), agents=people)


@dataclass
class Figures:
    """One run."""

    events_per_s: float
    p50_us: float
    p99_us: float
    worst_ms: float
    waiting: int
    idle: int
    by_kind_us: dict[str, float]
    """What happened to its median."""


KINDS = (
    "a call comes",
    "a call comes, is offered",
    "an agent answers",
    "a call is over",
    "a wrap-up is over",
    "a wrap-up is over, a call offered",
    "a caller gives up",
)
"""What the cost is printed of; the rest is rare."""


def kind(event: ev.Event, effects: Iterable[Effect]) -> str:
    """What happened, in words; empty for what is rare."""
    words = {Queued: "a call comes", Answered: "an agent answers", Abandoned: "a caller gives up"}
    kinds = {type(effect) for effect in effects}
    word = next((words[effect] for effect in words if effect in kinds), "")
    if Handled in kinds:
        word = "a wrap-up is over" if not word else ""
    elif isinstance(event, ev.CallFinished):
        word = "a call is over"
    if Offer not in kinds:
        return word
    return {"a call comes": "a call comes, is offered", "a wrap-up is over": "a wrap-up is over, a call offered"}.get(
        word, ""
    )


class Day:
    """A centre in virtual time, fed from an agenda; each ``apply`` is timed."""

    def __init__(self, setup: AcdSetup, seed: int) -> None:
        self.rng = random.Random(seed)
        self.setup = setup
        self.acd = Acd(setup)
        self.now = 1_700_000_000_000
        self.agenda: list[tuple[int, int, ev.Event]] = []
        self.count = 0
        self.times: list[tuple[int, str]] = []
        """Nanoseconds, and of what."""
        self.waiting: set[str] = set()
        self.calls = 0

    def plan(self, after_ms: float, event: ev.Event) -> None:
        self.count += 1
        heappush(self.agenda, (self.now + int(after_ms), self.count, event))

    def tell(self, event: ev.Event) -> None:
        begun = thread_time_ns()
        effects = self.acd.apply(event, self.now)
        self.times.append((thread_time_ns() - begun, kind(event, effects)))
        rng = self.rng
        for effect in effects:
            match effect:
                case Queued():
                    self.waiting.add(effect.call)
                    self.plan(rng.expovariate(1 / PATIENCE_MS), ev.CallAbandoned(call=effect.call))
                case Offer():
                    self.waiting.discard(effect.call)
                    if rng.random() < 0.95:
                        self.plan(rng.expovariate(1 / RING_MS), ev.OfferAnswered(offer=effect.offer))
                    else:
                        self.plan(
                            effect.ring_ms,
                            ev.OfferFailed(offer=effect.offer, why=ev.OfferFailure.NO_ANSWER),
                        )
                case OfferEnded():
                    if effect.how is not OfferEnd.WITHDRAWN:
                        self.waiting.add(effect.call)
                    if self.acd.agent(effect.agent).state is AgentState.NOT_READY:
                        self.plan(60_000, ev.AgentReady(agent=effect.agent))
                case Abandoned():
                    self.waiting.discard(effect.call)
                case Answered():
                    talk = rng.expovariate(1 / TALK_MS)
                    if rng.random() < 0.2:
                        self.plan(talk * 0.4, ev.CallHeld(call=effect.call))
                        self.plan(talk * 0.6, ev.CallRetrieved(call=effect.call))
                    self.plan(talk, ev.CallFinished(call=effect.call))
                    if rng.random() < 0.02:
                        self.plan(talk * 0.5, ev.AgentNotReady(agent=effect.agent, reason="break"))
                        self.plan(talk + 300_000, ev.AgentReady(agent=effect.agent))
                case _:
                    pass

    def arrive(self) -> None:
        call = f"c{self.calls}"
        self.calls += 1
        rng = self.rng
        needs: Requirement = Skill(rng.choice(LANGUAGES)) if rng.random() < 0.5 else Every()
        self.tell(ev.CallQueued(call=call, queue=rng.choice(self.setup.queues).id, waiting_since=self.now, needs=needs))

    def until(self, at: int) -> None:
        while True:
            due, planned = self.acd.next_due(), self.agenda[0][0] if self.agenda else None
            if due is not None and due <= at and (planned is None or due < planned):
                self.now = due
                self.tell(ev.TimePassed())
            elif planned is not None and planned <= at:
                self.now, _, event = heappop(self.agenda)
                if isinstance(event, ev.CallAbandoned) and event.call not in self.waiting:
                    continue  # answered or ringing: this caller does not give up
                self.tell(event)
            else:
                self.now = at
                return


def live(day: Day, waiting: int, ms: int) -> None:
    """Lets ``ms`` pass with arrivals: as many as keep ``waiting`` callers waiting, or if 0, at 70 % load."""
    until = day.now + ms
    per_ms = 0.7 * len(day.setup.agents) / (TALK_MS + WRAP_UP_MS + RING_MS)
    due = 0.0
    while day.now < until:
        due += 20 * per_ms
        while len(day.waiting) < waiting or (not waiting and day.rng.random() < due):
            day.arrive()
            due -= 1
        day.until(min(until, day.now + 20))


def run(setup: AcdSetup, events: int, waiting: int, seed: int) -> Figures:
    """Fills a centre (busy: until ``waiting`` callers wait; quiet: 7 in 10 agents), then times ``events`` events."""
    day = Day(setup, seed)
    for agent in setup.agents:
        day.tell(ev.AgentSignedIn(agent=agent.id))
        day.tell(ev.AgentReady(agent=agent.id))
    while len(day.waiting) < waiting or (not waiting and day.calls < 0.7 * len(setup.agents)):
        for _ in range(1 + len(setup.agents) // 1_000):
            day.arrive()
        day.until(day.now + 20)
    for _ in range(20):  # until answered calls and their wrap-ups are spread over time
        live(day, waiting, TALK_MS // 10)
    day.times.clear()
    while len(day.times) < events:
        live(day, waiting, 100)
    times = sorted(time for time, _ in day.times)
    by_kind = defaultdict(list)
    for time, what in day.times:
        by_kind[what].append(time)
    return Figures(
        events_per_s=len(times) / sum(times) * 1e9,
        p50_us=times[len(times) // 2] / 1_000,
        p99_us=times[len(times) * 99 // 100] / 1_000,
        worst_ms=times[-1] / 1e6,
        waiting=len(day.waiting),
        idle=sum(agent.state is AgentState.READY for agent in day.acd.agents()),
        by_kind_us={what: statistics.median(times) / 1_000 for what, times in by_kind.items()},
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=20_000, help="timed events a run (default 20000)")
    parser.add_argument("--runs", type=int, default=5, help="runs a size and load (default 5)")
    parser.add_argument("--agents", type=int, nargs="*", default=[500, 5_000, 20_000])
    parser.add_argument("--queues", type=int, default=500)
    parser.add_argument("--waiting", type=int, default=2_000)
    options = parser.parse_args()
    begun = monotonic()
    print(f"{options.queues} queues, {len(SKILLS)} skills; median (lowest–highest) of {options.runs} runs")
    print(f"{'agents':>7} {'waiting':>8} {'idle':>7} {'events/s':>24} {'p50 µs':>18} {'p99 µs':>18} {'worst ms':>18}")
    by_kind: dict[int, list[dict[str, float]]] = {}
    for agents in options.agents:
        setup = centre(agents, options.queues, random.Random(1))
        for waiting in (options.waiting, 0):
            runs = [run(setup, options.events, waiting, seed) for seed in range(options.runs)]
            by_kind.setdefault(agents, []).extend(run.by_kind_us for run in runs)
            print(
                f"{agents:>7} {runs[-1].waiting:>8} {runs[-1].idle:>7}"
                f" {_spread([run.events_per_s for run in runs], 0):>24}"
                f" {_spread([run.p50_us for run in runs], 0):>18}"
                f" {_spread([run.p99_us for run in runs], 0):>18}"
                f" {_spread([run.worst_ms for run in runs], 1):>18}",
                flush=True,
            )
    print("\nµs of one event, by what happened; medians of the medians of all runs")
    print(f"{'agents':34}" + "".join(f"{agents:>8}" for agents in options.agents))
    for what in KINDS:
        figures = [[run[what] for run in by_kind[agents] if what in run] for agents in options.agents]
        print(f"{what:34}" + "".join(f"{statistics.median(runs):8.0f}" if runs else f"{'–':>8}" for runs in figures))
    print(f"\nAll of it, with filling the centres, took {monotonic() - begun:.0f} s.")


def _spread(values: list[float], digits: int) -> str:
    return f"{statistics.median(values):,.{digits}f} ({min(values):,.{digits}f}–{max(values):,.{digits}f})"


if __name__ == "__main__":
    main()
