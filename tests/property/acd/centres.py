"""Random requirements and random centres."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

from acd.requirement import ANYBODY, Either, Every, Requirement, Skill, Without
from acd.setup import (
    ONE_PHONE,
    AcdSetup,
    AgentSetup,
    ChannelSetup,
    Order,
    Phones,
    Preference,
    QueueSetup,
    RelaxationStep,
    Spill,
    Strategy,
)

SKILLS = ("cards", "loans", "english")


def _skill(name: str, least: int, most: int) -> Skill:
    return Skill(name, least, most)


single_skills = st.builds(
    _skill, st.sampled_from(SKILLS), st.integers(0, 12), st.sampled_from((10, 10, 10, 0, 2, 7, -1))
)

requirements: st.SearchStrategy[Requirement] = st.recursive(
    st.one_of(st.just(ANYBODY), st.sampled_from(SKILLS).map(Skill), single_skills),
    lambda parts: st.one_of(
        st.lists(parts, max_size=3).map(lambda found: Every(tuple(found))),
        st.lists(parts, max_size=3).map(lambda found: Either(tuple(found))),
        parts.map(Without),
    ),
    max_leaves=4,
)

skill_sets = st.fixed_dictionaries({}, optional={skill: st.integers(1, 10) for skill in SKILLS})

easy_requirements = st.one_of(
    st.just(ANYBODY), st.sampled_from(SKILLS).map(Skill), st.sampled_from(SKILLS).map(lambda s: Skill(s, 5))
)


@dataclass(frozen=True)
class Shifting:
    """Open for so long, closed for so long, and so on."""

    open_ms: int
    closed_ms: int
    offset: int

    def is_open(self, at: int) -> bool:
        return (at - self.offset) % (self.open_ms + self.closed_ms) < self.open_ms

    def next_change(self, at: int) -> int | None:
        into = (at - self.offset) % (self.open_ms + self.closed_ms)
        return at - into + self.open_ms + (self.closed_ms if into >= self.open_ms else 0)


hours = st.builds(
    Shifting, open_ms=st.integers(20_000, 200_000), closed_ms=st.integers(1, 60_000), offset=st.integers(0, 200_000)
)


PHONES = (
    ONE_PHONE,
    Phones(at_once=2),
    Phones(at_once=3),
    Phones(add_every_ms=4_000, most=3),
    Phones(at_once=2, add_every_ms=10_000, most=4),
)

preferences = st.builds(Preference, rank=st.integers(-1, 1), after_ms=st.sampled_from((0, 0, 10_000, 50_000)))


CHANNELS = ("voice", "chat", "mail")


@st.composite
def channels(draw: st.DrawFn) -> tuple[ChannelSetup, ...]:
    """Several, some of which interrupt others."""
    ids = CHANNELS[: draw(st.integers(2, 3))]
    return tuple(
        ChannelSetup(
            id=id_,
            capacity=draw(st.sampled_from((1, 1, 2, 3, 0))),
            interrupted_by=tuple(draw(st.lists(st.sampled_from(ids), max_size=2, unique=True))),
        )
        for id_ in ids
    )


def spills(queues: list[str]) -> st.SearchStrategy[Spill]:
    """To one of these queues."""
    return st.builds(
        Spill,
        queue=st.sampled_from(queues),
        nobody_staffed=st.booleans(),
        longest_wait_ms=st.sampled_from((None, None, 40_000)),
        service_level_below=st.sampled_from((None, None, 800)),
    )


@st.composite
def centres(draw: st.DrawFn, *, several: bool = False) -> AcdSetup:
    """One to three queues, one to five agents, rarely more; requirements that somebody often meets. ``several``: with
    several channels."""
    queues = []
    known = draw(channels()) if several else (ChannelSetup(),)
    ids = [channel.id for channel in known]
    of_channel = {f"q{number}": draw(st.sampled_from(ids)) for number in range(draw(st.integers(1, 3)))}
    for id_, channel in of_channel.items():
        waits = sorted(draw(st.lists(st.integers(0, 90_000), max_size=2)))
        steps = [
            RelaxationStep(
                after_ms=wait,
                needs=draw(st.one_of(st.none(), easy_requirements)),
                add_priority=draw(st.sampled_from((0, 0, 0, -1, 3))),
                spill=draw(
                    st.one_of(st.none(), st.none(), spills([q for q in of_channel if of_channel[q] == channel]))
                ),
            )
            for wait in waits
        ]
        queues.append(
            QueueSetup(
                id=id_,
                channel=channel,
                needs=draw(st.one_of(easy_requirements, st.just(ANYBODY) if several else requirements)),
                priority=draw(st.integers(0, 2)),
                strategy=draw(st.sampled_from(Strategy)),
                steps=tuple(steps),
                ring_ms=draw(st.sampled_from((5_000, 20_000))),
                phones=draw(st.sampled_from(PHONES)),
                wrap_up_ms=draw(st.sampled_from((None, 0, 10_000))),
                last_agent_ms=draw(st.sampled_from((0, 0, 20_000))),
                last_agent_within_ms=draw(st.sampled_from((0, 30_000, 86_400_000))),
                keep_place_ms=draw(st.sampled_from((0, 10_000, 60_000))),
                max_waiting=draw(st.sampled_from((None, None, None, 0, 2))),
                max_wait_ms=draw(st.sampled_from((None, None, None, None, 0, 60_000))),
                hours=draw(st.one_of(st.none(), st.none(), st.none(), hours)),
                serves_after_closing=draw(st.booleans()),
                unstaffed_ms=draw(st.sampled_from((None, None, None, 2_000, 30_000))),
            )
        )
    agents = [
        AgentSetup(
            id=f"a{number}",
            skills=draw(skill_sets),
            queues=draw(
                st.dictionaries(st.sampled_from([queue.id for queue in queues]), preferences, max_size=2)
                if draw(st.booleans())
                else st.just({})
            ),
            capacity=draw(st.dictionaries(st.sampled_from(ids), st.integers(0, 3), max_size=2)) if several else {},
            cost_per_hour=draw(st.integers(0, 2)),
            weight=draw(st.integers(1, 5)),
        )
        for number in range(draw(st.integers(1, 5)))
    ]
    return AcdSetup(
        queues=tuple(queues),
        agents=tuple(agents),
        channels=known,
        order=draw(st.sampled_from(Order)),
        points_per_minute=draw(st.sampled_from((1, 4))),
        starvation_ms=draw(st.sampled_from((None, 0, 50_000, 120_000))),
        seed=draw(st.integers(0, 3)),
        misses_allowed=draw(st.integers(1, 3)),
        offer_grace_ms=draw(st.sampled_from((0, 3_000))),
        decline_pause_ms=draw(st.sampled_from((0, 10_000))),
    )
