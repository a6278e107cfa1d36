"""Runs scenarios: each step done or looked at in turn, until one does not fit."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from config.errors import Finding
from config.players import spoken
from config.scenarios import Scenario
from config.schema.scenario import EstimateModel, StepModel
from config.site import Site
from ivr.flow import Flow, outcomes
from ivr.messages import FetchData, LookUpCustomer
from ivr.waiting import Outlook
from simulator.menus.rehearsal import Answer, NotNow, Rehearsal, Stands


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of one scenario."""

    name: str
    flow: Flow
    wrong: Finding | None
    """The first step that does not fit; None: all do."""
    nodes: frozenset[str]
    edges: frozenset[tuple[str, str]]


def try_scenario(site: Site, scenario: Scenario) -> Tried:
    """Runs one scenario."""
    model = scenario.model
    flow = next((flow for flow in site.flows.values() if flow.id == model.flow), site.entry_flow)
    heard: deque[tuple[str, str]] = deque()
    """Prompt, and the words that were said."""
    calls: Counter[str] = Counter()

    def answers(node: str, _: FetchData | LookUpCustomer) -> Answer:
        stubs = model.data.get(node, [])
        stubs = stubs if isinstance(stubs, list) else [stubs]
        calls[node] += 1
        if not stubs:
            return "no answer in the scenario"
        stub = stubs[min(calls[node], len(stubs)) - 1]
        return stub.values if stub.fails is None else stub.fails

    call = Rehearsal(
        flow,
        at=round(model.at.replace(tzinfo=site.time_zone).timestamp() * 1000),
        answers=answers,
        heard=lambda *prompt: heard.append((prompt[0], spoken(site, *prompt))),
        call=model.call,
        number=model.caller or "",
        dialled=model.dialled or "",
        outlook=None if model.estimate is None else outlook_of(model.estimate),
        limited=model.limited,
        numbers=site.numbers,
        agents=site.agents,
    )
    wrong: list[Finding] = []
    document = replace(scenario.document, findings=wrong)
    for number, step in enumerate(model.steps):
        (setting,) = step.model_fields_set
        try:
            trouble = _taken(call, step, heard)
        except NotNow as error:
            trouble = str(error)
        if trouble:
            document.fault(("steps", number, setting), trouble)
            break
    return Tried(scenario.name, flow, wrong[0] if wrong else None, frozenset(call.nodes), frozenset(call.edges()))


def _taken(call: Rehearsal, step: StepModel, heard: deque[tuple[str, str]]) -> str:  # noqa: PLR0912
    """Does what the step says, or looks whether it is so; what is wrong, in words, or nothing."""
    match step:
        case StepModel(estimate=EstimateModel() as told):
            call.outlook = outlook_of(told)
        case StepModel(phone="unanswered"):
            call.rings_in_vain()
        case StepModel(agent="hangs up"):
            call.agent_hangs_up()
        case StepModel(hear=str(prompt)):
            return _heard(prompt, heard)
        case StepModel(words=str(words)):
            return _heard(words, heard, by=1)
        case StepModel(press=str(keys)):
            heard.clear()
            if call.stands is Stands.ENDED:
                return call.where
            call.press(keys)
        case StepModel(wait=int(ms)):
            heard.clear()
            call.wait(ms)
        case StepModel(transfer=str(name)):
            return (
                "" if call.transferred_to == name else f"{call.where}, transferred to {call.transferred_to or 'nobody'}"
            )
        case StepModel(leave=str(why)):
            call.leave_queue(why)
        case StepModel(message=int(ms)):
            call.speak_message(ms)
        case StepModel(outside="nobody"):
            call.nobody_outside()
        case StepModel(outside="answers") | StepModel(then="answered"):
            call.answer()
        case StepModel(then="hang up"):
            call.hang_up()
        case _:
            return _so(call, step)
    return ""


def outlook_of(told: EstimateModel) -> Outlook:
    """What a step of a scenario says of the wait."""
    return Outlook(position=told.position, median_ms=told.wait, bound_ms=told.at_most or told.wait)


def _so(call: Rehearsal, step: StepModel) -> str:
    session = call.session
    match step:
        case StepModel(queue=str(queue)):
            return "" if call.waits_in == queue else call.where
        case StepModel(language=str(language)):
            return "" if session.language == language else f"the language is {session.language}"
        case StepModel(attributes=dict(wanted)):
            return _differs(wanted, session.attributes)
        case StepModel(entries=dict(wanted)):
            return _differs(wanted, {entry.name: entry.value for entry in session.entries})
        case StepModel(scores=dict(scores)):
            wanted = {name: str(score) for name, score in scores.items()}
            return _differs(wanted, {score.name: str(score.score) for score in session.scores})
        case StepModel(then="over"):
            return "" if call.ended_by == "flow" else call.where
    raise AssertionError(step)


def _heard(wanted: str, heard: deque[tuple[str, str]], by: int = 0) -> str:
    """Looks for a prompt by its name (``by`` 0) or by what it says (1); what was spoken up to it is heard."""
    spoken = [one[by] for one in heard]
    if wanted not in spoken:
        return f"“{wanted}” is not spoken here; what is: {', '.join(spoken) or 'nothing'}"
    while heard.popleft()[by] != wanted:
        pass
    return ""


def _differs(wanted: Mapping[str, str], found: Mapping[str, str]) -> str:
    wrong = [f"{name} is {found.get(name, 'missing')!s}" for name, value in wanted.items() if found.get(name) != value]
    return "; ".join(wrong)


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the scenarios of one flow came by."""

    flow: Flow
    nodes: frozenset[str]
    edges: frozenset[tuple[str, str]]

    @property
    def all_edges(self) -> frozenset[tuple[str, str]]:
        """Every way from one node to another."""
        return frozenset((name, to) for name, node in self.flow.nodes.items() for _, to in outcomes(node))


def coverage(tried: Iterable[Tried]) -> list[Coverage]:
    """What all scenarios came by together, flow by flow."""
    covered: dict[str, Coverage] = {}
    for one in tried:
        before = covered.get(one.flow.id, Coverage(one.flow, frozenset(), frozenset()))
        covered[one.flow.id] = Coverage(one.flow, before.nodes | one.nodes, before.edges | one.edges)
    return list(covered.values())
