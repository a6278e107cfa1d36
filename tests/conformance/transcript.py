"""What is compared: a call as its caller and its record tell it, without its times."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from config.players import spoken
from config.scenarios import Scenario
from config.schema.scenario import EstimateModel, StepModel
from config.site import Prompt, Site
from ivr.aloud import Literal, slots_of
from ivr.flow import Flow
from ivr.logic import LookUp
from ivr.messages import Effect, Entry, JoinQueue, MenuStep, Score
from simulator.menus.rehearsal import Answer, NotNow, Rehearsal
from simulator.menus.scenarios import outlook_of


@dataclass(slots=True)
class Transcript:
    """One call."""

    heard: list[str] = field(default_factory=list)
    """The prompts, each with its language: “uk/main”."""
    queues: list[str] = field(default_factory=list)
    language: str = ""
    entries: list[tuple[str, str]] = field(default_factory=list)
    attributes: Mapping[str, str] = field(default_factory=dict)
    path: list[tuple[str, str]] = field(default_factory=list)
    """Which key was pressed at which node."""
    scores: list[tuple[str, int]] = field(default_factory=list)

    def note(
        self,
        language: str,
        attributes: Mapping[str, str],
        entries: Iterable[Entry],
        path: Iterable[MenuStep],
        scores: Iterable[Score],
    ) -> None:
        """Takes what is noted of the call at the end."""
        self.language, self.attributes = language, dict(attributes)
        self.entries = [(entry.name, entry.value) for entry in entries]
        self.path = [(step.node, step.key) for step in path]
        self.scores = [(one.name, one.score) for one in scores]


def spelt_out(site: Site) -> Site:
    """The site with prompts that say their own names and read their values, so that what is heard can be told apart;
    and without the limits by which a queue lets calls go: a scenario says itself when it does."""
    queues = tuple(replace(queue, unstaffed_ms=None, max_wait_ms=None) for queue in site.acd.queues)
    return replace(
        site,
        acd=replace(site.acd, queues=queues),
        prompts={
            name: {language: _named(f"{language}/{name}", prompt) for language, prompt in by_language.items()}
            for name, by_language in site.prompts.items()
        },
    )


def _named(name: str, prompt: Prompt) -> Prompt:
    values = slots_of(prompt.template)
    return Prompt(text=name, recording=None, template=(Literal(f"{name} "), *values) if values else ())


class Stubs:
    """What other systems answer in a scenario, in the order in which they are asked."""

    def __init__(self, scenario: Scenario) -> None:
        self._data = scenario.model.data
        self._asked: dict[str, int] = {}

    def answer(self, node: str) -> Answer:
        """What *node* gets, this time: values, or why there are none."""
        stubs = self._data.get(node, [])
        stubs = stubs if isinstance(stubs, list) else [stubs]
        if not stubs:
            return "no answer in the scenario"
        asked = self._asked[node] = self._asked.get(node, 0) + 1
        stub = stubs[min(asked, len(stubs)) - 1]
        return stub.values if stub.fails is None else stub.fails

    def of_customers(self, site: Site) -> Answer:
        """What the customer records know of the caller: what the flow's look-ups get, of which there is one at most."""
        nodes = [name for name, node in site.entry_flow.nodes.items() if isinstance(node, LookUp)]
        assert len(nodes) <= 1
        return self.answer(nodes[0]) if nodes else "unknown"


class _Rehearsal(Rehearsal):
    """Notes the queues that the call joins."""

    def __init__(self, transcript: Transcript, flow: Flow, **about: Any) -> None:
        self._queues = transcript.queues
        super().__init__(flow, **about)

    def _carry_out(self, effects: list[Effect]) -> None:
        self._queues += [effect.queue for effect in effects if isinstance(effect, JoinQueue)]
        super()._carry_out(effects)


def rehearsed(site: Site, scenario: Scenario, call: str) -> Transcript:
    """The scenario as “holdless flow test” runs it, for a call of this name (splits draw by it)."""
    transcript, stubs = Transcript(), Stubs(scenario)
    model = scenario.model
    rehearsal = _Rehearsal(
        transcript,
        site.entry_flow,
        at=starts_at(site, scenario),
        answers=lambda node, _: stubs.answer(node),
        heard=lambda *prompt: transcript.heard.append(spoken(site, *prompt)),
        call=call,
        number=model.caller or "",
        dialled=model.dialled or "",
        outlook=None if model.estimate is None else outlook_of(model.estimate),
        limited=model.limited,
        numbers=site.numbers,
        agents=site.agents,
    )
    for step in model.steps:
        match step:
            case StepModel(press=str(keys)):
                rehearsal.press(keys)
            case StepModel(wait=int(ms)):
                rehearsal.wait(ms)
            case StepModel(leave=str(why)):
                rehearsal.leave_queue(why)
            case StepModel(estimate=EstimateModel() as told):
                rehearsal.outlook = outlook_of(told)
            case StepModel(phone="unanswered"):
                rehearsal.rings_in_vain()
            case StepModel(message=int(ms)):
                rehearsal.speak_message(ms)
            case StepModel(agent="hangs up"):
                rehearsal.agent_hangs_up()
            case StepModel(outside="nobody"):
                rehearsal.nobody_outside()
            case StepModel(outside="answers") | StepModel(then="answered"):
                rehearsal.answer()
            case StepModel(then="hang up"):
                rehearsal.hang_up()
    session = rehearsal.session
    transcript.note(session.language, session.attributes, session.entries, session.path, session.scores)
    return transcript


def goes_alike(site: Site, scenario: Scenario, call: str, expected: Transcript) -> bool:
    """Whether the splits on its way draw the same for a call of this name."""
    try:
        return rehearsed(site, scenario, call) == expected
    except NotNow:
        return False


def starts_at(site: Site, scenario: Scenario) -> int:
    """When the call comes, Unix milliseconds."""
    return round(scenario.model.at.replace(tzinfo=site.time_zone).timestamp() * 1000)
