"""A caller of a scenario on a live line: hears, presses keys when a question is out, waits, hangs up."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol, get_args

from acd.effects import AgentState
from acd.events import OfferFailure
from centre.calls import CallRecord
from centre.effects import CallEnded, FetchData, Queued, Released
from centre.events import (
    AgentReady,
    AgentSignedIn,
    AgentSignedOut,
    CallArrived,
    HangUpAsked,
    OfferAccepted,
    OfferDeclined,
    OwnCallBegan,
    OwnCallEnded,
    TimePassed,
)
from centre.orders import Ring
from centre.virtual.call import CallState
from centre.virtual.ports import Heard, Sound
from config.scenarios import Scenario
from config.schema.scenario import AgentWord, EstimateModel, StepModel
from config.site import Site
from cti.journal import Journal
from cti.service.ports import CustomerRecords, DipFailed, Line, WebServices
from cti.service.runtime import Service
from cti.store import Store
from cti.twilio.line import TwilioLine
from cti.virtual import VirtualLine
from ivr.flow import Transfer
from simulator.menus.rehearsal import A_MINUTE
from simulator.menus.scenarios import outlook_of
from tests.conformance.centre import RehearsedCentre
from tests.conformance.transcript import Stubs, Transcript, starts_at
from tests.twilio.house import PUBLIC, moved
from tests.twilio.standin.player import Leg
from tests.twilio.standin.twilio import StandIn
from tests.virtual.jumping_clock import JumpingClock, real_time

AGENT_WORDS = get_args(AgentWord)
STEP_S = 0.05
PATIENCE, PATIENCE_MOST_S = 0.05, 1.0
"""A caller who is silent for six seconds is so for a little more: on a line every answer is on its way for a moment."""


class Person(Protocol):
    """The caller, on whatever line."""

    @property
    def call(self) -> str:
        """The centre's name of the call."""

    @property
    def is_asked(self) -> bool:
        """Whether a question is out, and keys are wanted."""

    @property
    def hears_music(self) -> bool:
        """Whether there is music, after whatever is said before it."""

    @property
    def hears_agent(self) -> bool:
        """Whether an agent who has answered can be heard."""

    @property
    def may_speak(self) -> bool:
        """Whether a message is being recorded."""

    @property
    def is_gone(self) -> bool:
        """Whether the call is over."""

    async def press(self, key: str) -> None:
        """Presses one key."""

    def hang_up(self) -> None:
        """Hangs up."""


class VirtualPerson:
    """On the virtual line."""

    def __init__(self, line: VirtualLine, call: str, number: str, heard: list[str]) -> None:
        self._heard = heard
        self._last = Sound.SILENCE
        self._call = line.exchange.place_call(
            self._hear, number=number, arrival=CallArrived(call=call, line=line.id, number=number)
        )

    def _hear(self, heard: Heard) -> None:
        if heard.sound is not Sound.KEY:  # the caller's own
            self._last = heard.sound
        if heard.sound is Sound.PROMPT:
            self._heard.append(heard.text)

    @property
    def call(self) -> str:
        return self._call.id

    @property
    def is_asked(self) -> bool:
        return self._call.is_asked

    @property
    def hears_music(self) -> bool:
        return self._last is Sound.MUSIC

    @property
    def hears_agent(self) -> bool:
        return self._last is Sound.CONNECTED

    @property
    def may_speak(self) -> bool:
        return self._call.state is CallState.RECORDED

    @property
    def is_gone(self) -> bool:
        return self._call.state is CallState.ENDED

    async def press(self, key: str) -> None:
        self._call.press(key)

    def hang_up(self) -> None:
        self._call.hang_up()


class TwilioPerson:
    """On the Twilio line, by way of the stand-in."""

    def __init__(self, leg: Leg) -> None:
        self._leg = leg

    @property
    def call(self) -> str:
        return f"twilio-{self._leg.sid}"

    @property
    def is_asked(self) -> bool:
        return self._leg.asked and "/keys/" in self._leg.answers_to  # a prompt that may be cut short asks nothing

    @property
    def hears_music(self) -> bool:
        return bool(self._leg.heard) and self._leg.heard[-1].what == "music"

    @property
    def hears_agent(self) -> bool:
        return self._leg.conference is not None

    @property
    def may_speak(self) -> bool:
        return bool(self._leg.heard) and self._leg.heard[-1].what == "tone" and self._leg.listening

    @property
    def is_gone(self) -> bool:
        return self._leg.over

    async def press(self, key: str) -> None:
        self._leg.press(key)

    def hang_up(self) -> None:
        self._leg.hang_up()


class Records:
    """The customer records of a scenario."""

    def __init__(self, site: Site, stubs: Stubs) -> None:
        self._site = site
        self._stubs = stubs

    async def find(self, number: str) -> Mapping[str, str] | None:
        answer = self._stubs.of_customers(self._site)
        if answer == "unknown":
            return None
        if isinstance(answer, str):
            raise OSError(answer)
        return answer


class Dips:
    """The web services of a scenario."""

    def __init__(self, stubs: Stubs) -> None:
        self._stubs = stubs

    async def fetch(self, wanted: FetchData, secrets: Mapping[str, str]) -> Mapping[str, str]:
        answer = self._stubs.answer(wanted.node)
        if isinstance(answer, str):
            raise DipFailed(answer)
        return answer

    async def close(self) -> None:
        pass


async def on_the_virtual_line(site: Site, scenario: Scenario, call: str, folder: Path) -> Transcript:
    """The scenario on the virtual line."""
    clock = JumpingClock(starts_at(site, scenario))
    line = VirtualLine(site, seed=1, clock=clock)
    async with _service(site, scenario, line, clock, folder) as service:
        transcript = Transcript()
        for number in _nobody_at(site, scenario):
            line.exchange.outside[number] = OfferFailure.NO_ANSWER
        person = VirtualPerson(line, call, scenario.model.caller or "", transcript.heard)
        await played(service, scenario, person, transcript)
        return transcript


async def on_twilio(site: Site, scenario: Scenario, twilio: StandIn, sid: str, folder: Path) -> Transcript:
    """The scenario on the Twilio line, for a call that Twilio names *sid*."""
    clock = JumpingClock(starts_at(site, scenario))
    (folder / "twilio.secret").write_text(f"{twilio.account}\n{twilio.token}\n", encoding="utf-8")
    line = TwilioLine(moved(site, folder), messages=folder / "messages", now=clock.now, http=twilio.http)
    nobody = _nobody_at(site, scenario)
    async with _service(moved(site, folder), scenario, line, clock, folder) as service:
        transcript = Transcript()
        twilio.take = line.take
        for node in site.entry_flow.nodes.values():
            if isinstance(node, Transfer):
                twilio.outside[site.outside_numbers[node.number]] = "no-answer" if node.number in nobody else "answered"
        leg = twilio.call_in(scenario.model.caller or "anonymous", sid)
        await played(service, scenario, TwilioPerson(leg), transcript)
        transcript.heard += [heard.text for heard in leg.heard if heard.what == "said"]
        assert twilio.troubles == []
        twilio.take = None
        await twilio.close()
        return transcript


def stand_in() -> StandIn:
    """A Twilio for one scenario."""
    return StandIn(public_url=PUBLIC)


@asynccontextmanager
async def _service(
    site: Site, scenario: Scenario, line: Line, clock: JumpingClock, folder: Path
) -> AsyncIterator[Service]:
    customers, web_services = Records(site, Stubs(scenario)), Dips(Stubs(scenario))
    async with service_on(
        site, line, clock, folder, customers, web_services, before_start=lambda service: rehearse(service, scenario)
    ) as service:
        yield service


@asynccontextmanager
async def service_on(
    site: Site,
    line: Line,
    clock: JumpingClock,
    folder: Path,
    customers: CustomerRecords,
    web_services: WebServices,
    *,
    before_start: Callable[[Service], None] = lambda _: None,
) -> AsyncIterator[Service]:
    """A running service on one line, in jumping time."""
    with real_time():
        store = await Store.open(f"sqlite+aiosqlite:///{folder / 'holdless.db'}")
    journal = Journal.open(folder, site=site.id)
    service = Service(
        site,
        lines=[line],
        journal=journal,
        store=store,
        customers=customers,
        clock=clock,
        web_services=web_services,
    )
    before_start(service)
    try:
        await service.start()
        yield service
    finally:
        with real_time():
            await service.close()
            journal.close()
            await store.close()


def _nobody_at(site: Site, scenario: Scenario) -> set[str]:
    """The numbers outside, by name, where nobody answers in this scenario."""
    fails = any(step.outside == "nobody" for step in scenario.model.steps)
    numbers = {node.number for node in site.entry_flow.nodes.values() if isinstance(node, Transfer)}
    return numbers if fails else set()


async def played(
    service: Service,
    scenario: Scenario,
    person: Person,
    transcript: Transcript,
    *,
    between_keys_s: float = 0.3,
    patience: float = PATIENCE,
) -> None:
    """The caller does what the scenario says; what is noted goes into the transcript."""
    ended: list[CallRecord] = []

    inside = False

    def listen(effect: object, _: int) -> None:
        nonlocal inside
        if isinstance(effect, Queued | Released) and effect.call == person.call:
            if not inside:  # one that was not let in came to the queue all the same
                transcript.queues.append(effect.queue)
            inside = isinstance(effect, Queued)
        elif isinstance(effect, CallEnded):
            ended.append(effect.record)
        elif isinstance(effect, Ring):
            rung.append(effect)

    rung: list[Ring] = []
    service.subscribe(listen)
    call = service.centre.call(person.call)
    if call is not None and call.record.queue is not None:
        inside = True
        transcript.queues.append(call.record.queue)
    colleagues = _on_the_phone(service, scenario)
    left = Counter[str]()
    for step in scenario.model.steps:
        match step:
            case StepModel(press=str(keys)):
                for key in keys:
                    await _until(lambda: person.is_asked or person.hears_music)
                    await person.press(key)
                    await asyncio.sleep(between_keys_s)
            case StepModel(wait=int(ms)):
                await _silent(person, ms / 1000 + min(ms / 1000 * patience, PATIENCE_MOST_S))
            case StepModel(leave=str(why)) if why in AGENT_WORDS:
                left[why] += 1
                if why == "agent-away":
                    await _until(lambda: person.hears_music)
                    for agent in colleagues:
                        service.tell(AgentSignedOut(agent=agent))
                elif why == "agent-unanswered":
                    await _until(lambda: person.hears_music)
                    await _declined(service, colleagues, rung)
                await _until(lambda: _left(service, person.call, why) == left[why])
                await asyncio.sleep(1)
            case StepModel(leave=str(why)):
                await _until(lambda: person.hears_music)
                _centre(service).let_go(person.call, why)
                service.tell(TimePassed())
                await asyncio.sleep(1)
            case StepModel(estimate=EstimateModel() as told):
                await _until(lambda: person.is_asked or person.hears_music)
                _centre(service).expect(outlook_of(told))
            case StepModel(phone="unanswered"):
                await _until(lambda: person.is_asked or person.hears_music)
                await _rings_in_vain(service, rung)
            case StepModel(message=int(ms)):
                await _until(lambda: person.may_speak)
                await asyncio.sleep(ms / 1000)
                await person.press("#")
            case StepModel(then="answered"):
                await _until(lambda: person.hears_music)
                for agent in colleagues:
                    service.tell(OwnCallEnded(agent=agent))
                await _answered(service, rung)
                await _until(lambda: person.hears_agent)
            case StepModel(agent="hangs up"):
                service.tell(HangUpAsked(agent=rung[-1].agent))
            case StepModel(then="hang up"):
                await _until(lambda: person.is_asked or person.hears_music)
                person.hang_up()
            case StepModel(then="over"):
                await _until(lambda: person.is_gone)
    if scenario.model.steps[-1].then != "answered":
        await _until(lambda: bool(ended) or person.hears_music or person.is_asked)
    living = service.centre.call(person.call)
    record = living.record if living is not None else ended[0]
    transcript.note(record.language, record.attributes, record.entries, record.path, record.scores)


def rehearse(service: Service, scenario: Scenario) -> None:
    """Before the start: the scenario decides what callers are told of their wait, and why a queue lets them go."""
    service.running.centre = centre = RehearsedCentre(service.site.centre)
    told = scenario.model.estimate
    centre.expect(A_MINUTE if told is None else outlook_of(told))
    centre.limit(scenario.model.limited)


def _centre(service: Service) -> RehearsedCentre:
    assert isinstance(service.centre, RehearsedCentre), "see rehearse"
    return service.centre


async def _declined(service: Service, colleagues: list[str], rung: list[Ring]) -> None:
    """They are free again; one is rung, wants to go home, and declines."""
    for agent in colleagues:
        service.tell(OwnCallEnded(agent=agent))
    await _until(lambda: bool(rung))
    for event in (AgentSignedOut(agent=rung[-1].agent), OfferDeclined(agent=rung[-1].agent)):
        service.tell(event)
    rung.clear()


def _on_the_phone(service: Service, scenario: Scenario) -> list[str]:
    """The agents to whom the scenario transfers: at work, each with a call of their own, so that it comes to pass in
    the centre itself whether the caller waits, is too late, or is put through."""
    wanted = [step.transfer for step in scenario.model.steps]
    colleagues = [agent for agent in wanted if agent is not None and agent in service.site.agents]
    for agent in colleagues:
        for event in (AgentSignedIn(agent=agent), AgentReady(agent=agent), OwnCallBegan(agent=agent)):
            service.tell(event)
    return colleagues


def _left(service: Service, call: str, why: str) -> int:
    """How often the call has left a queue for this reason."""
    living = service.centre.call(call)
    return 0 if living is None else sum(one.why == why for one in living.record.exits)


async def _rings_in_vain(service: Service, rung: list[Ring]) -> None:
    """One agent comes to work, lets the call go again, and goes home."""
    agent = next(iter(service.site.agents))
    service.tell(AgentSignedIn(agent=agent))
    service.tell(AgentReady(agent=agent))
    await _until(lambda: bool(rung))
    await asyncio.sleep(1)
    service.tell(OfferDeclined(agent=agent))
    service.tell(AgentSignedOut(agent=agent))
    rung.clear()
    await asyncio.sleep(1)


async def _answered(service: Service, rung: list[Ring]) -> None:
    """Somebody takes the call: agents come to work until one is rung for it, who says yes."""
    for agent in service.site.agents:
        service.tell(AgentSignedIn(agent=agent))
        service.tell(AgentReady(agent=agent))
    await _until(lambda: bool(rung))
    service.tell(OfferAccepted(agent=rung[-1].agent))
    agents = list(service.site.agents)
    await _until(lambda: any(service.centre.acd.agent(one).state is AgentState.TALKING for one in agents))


async def _silent(person: Person, seconds: float) -> None:
    """Says and presses nothing for so long, counted while a question is out, or music plays."""
    clock = asyncio.get_running_loop().time
    while seconds > 0:
        await _until(lambda: person.is_asked or person.is_gone or person.hears_music)
        if person.is_gone:
            return
        since = clock()
        await asyncio.sleep(STEP_S)
        seconds -= clock() - since


async def _until(happened: object, within_s: float = 120.0) -> None:
    assert callable(happened)
    for _ in range(round(within_s / STEP_S)):
        if happened():
            return
        await asyncio.sleep(STEP_S)
    raise AssertionError(f"nothing happened within {within_s} s")
