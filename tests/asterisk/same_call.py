"""Scenarios played on real Asterisks, several at a time: SIPp presses the keys (RFC 4733), speaks and hangs up.

Each scenario has an engine of its own, with its own clock, estimates and answers of other systems; and as an engine
takes every call on its Asterisk for its own, each of those that run at once has an Asterisk of its own, too.
"""

from __future__ import annotations

import asyncio
import wave
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from centre.calls import Phase
from centre.effects import Ask, CallOutside, HangUp, Order, Speak, TakeMessage, Wait
from config.scenarios import Scenario
from config.site import Ami, FastAgi, Prompt, Site
from config.site import Asterisk as AsteriskSettings
from cti.asterisk.line import AsteriskLine
from cti.journal import Journal
from cti.service.clock import ServiceClock
from cti.service.runtime import Service
from cti.store import Store
from ivr.flow import Flow, Node, Queue
from ivr.waiting import Music
from tests.asterisk.ear import Ear, ears
from tests.asterisk.kit.asterisk import Asterisk, agents_on_port
from tests.asterisk.kit.ports import free_port
from tests.asterisk.kit.scenarios import PhoneBehaviour
from tests.asterisk.kit.sipp import AGENT_HZ, Caller, caller, phone
from tests.asterisk.kit.sounds import share_of_tone
from tests.conformance.lines import Dips, Records, played, rehearse
from tests.conformance.transcript import Stubs, Transcript, goes_alike, rehearsed, starts_at

PROMPT_MS = 200
PHONES = 16
PATIENCE = 0.02
"""Times are Asterisk's own here, so a caller need not be silent for much longer than is said."""
ASTERISKS = 6
NAMES_TRIED = 500
WINDOW, MOST = 5, 0.5
"""Packets of 20 ms that are looked at, and the share of a tone by which it is heard."""
LONG_MS, TIMES_SHORTER = 60_000, 10
"""Music that lasts this long or longer, waits for it and for one agent are made shorter: nothing else happens
meanwhile."""
NAMED_CALLS = """
[holdless-in](+)
exten => _call-.,1,Gosub(named,s,1(${CUT(EXTEN,~,1)},${CUT(EXTEN,~,2)}))
; A split draws by the call's name, so the caller chooses it.
[named]
exten => s,1,MSet(CC_ID=${ARG1},CC_DID=${ARG2},CC_ENTRY=${STRFTIME(,,%s%6q)},CC_DATA=)
 same => n,Goto(holdless-arrive,s,2)
"""


@dataclass(frozen=True)
class Part:
    """A scenario that is to be played."""

    key: tuple[str, str]
    """The example and the scenario's name."""
    site: Site
    scenario: Scenario


class ScenarioClock:
    """The scenario's time, which passes as it does."""

    def __init__(self, start: int) -> None:
        self._clock = ServiceClock()
        self._offset = start - self._clock.now()

    def now(self) -> int:
        """Unix milliseconds."""
        return self._clock.now() + self._offset


class AsteriskPerson:
    """The caller of a scenario, at a SIPp."""

    def __init__(self, sipp: Caller, service: Service, call: str, ear: Ear) -> None:
        self._sipp = sipp
        self._service = service
        self._ear = ear
        self._last: Order | None = None
        self._orders = 0
        self._played = 0
        """So many prompts have to be over before the music."""
        self.call = call
        service.subscribe(self._hear)

    def _hear(self, effect: object, _: int) -> None:
        if isinstance(effect, Speak | Ask | Wait | TakeMessage | CallOutside | HangUp) and effect.call == self.call:
            self._last = effect
            self._orders += 1
            self._played = len(self._ear.played) + len(effect.prompts)

    @property
    def is_asked(self) -> bool:
        """Whether Asterisk waits for a key."""
        return self._ear.waits_for_a_key

    @property
    def hears_music(self) -> bool:
        """Whether the call has left the menu to wait."""
        call = self._service.centre.call(self.call)
        is_sent = isinstance(self._last, Wait | None) and len(self._ear.played) >= self._played
        return call is not None and call.phase is Phase.WAITING and is_sent and not self._ear.in_menu

    @property
    def hears_agent(self) -> bool:
        """Whether the tone of an agent's phone arrives."""
        return share_of_tone(self._sipp.rtp.last(WINDOW), AGENT_HZ) > MOST

    @property
    def may_speak(self) -> bool:
        """Whether a message is being recorded."""
        return self._ear.records

    @property
    def is_gone(self) -> bool:
        """Whether the call is over, for the caller and for the centre."""
        call = self._service.centre.call(self.call)
        return bool(self._sipp.seen("BYE")) and (call is None or call.phase is Phase.WRAP_UP)

    async def press(self, key: str) -> None:
        """Presses one key, and waits until it has had its effect: whoever types ahead hears less."""
        asked, over, orders = self.is_asked, self._ear.questions, self._orders
        await self._sipp.rtp.press(key)
        if asked:
            await until(lambda: self._ear.questions > over)
        elif self.hears_music:
            await until(lambda: self._orders > orders)

    def hang_up(self) -> None:
        """Sends BYE."""
        self._sipp.hang_up()


def plain(site: Site) -> Site:
    """The site without values in its prompts, which have recordings of their own (tests of reading aloud play them)."""
    return replace(
        site,
        prompts={
            name: {language: Prompt(text=prompt.text, recording=None) for language, prompt in by_language.items()}
            for name, by_language in site.prompts.items()
        },
    )


async def transcripts(parts: Iterable[Part], folder: Path) -> Mapping[tuple[str, str], Transcript | Exception]:
    """Plays all parts, :data:`ASTERISKS` at a time."""
    left, made = sorted(parts, key=_lasts_ms), dict[tuple[str, str], Transcript | Exception]()
    one_at_a_time = asyncio.Lock()

    async def work(number: int, by_call: defaultdict[str, Ear]) -> None:
        phones = agents_on_port(PHONES, free_port())
        exchange = Asterisk(folder / f"asterisk-{number}", phones, extra={"extensions": NAMED_CALLS})
        await asyncio.to_thread(exchange.start)
        try:
            while left:
                part = left.pop()
                place = folder / "-".join(part.key)
                place.mkdir()
                try:
                    made[part.key] = await _transcript(part, exchange, place, by_call, one_at_a_time)
                except Exception as error:
                    made[part.key] = error
                await _nobody_is_left(exchange)
        finally:
            await asyncio.to_thread(exchange.stop)

    with ears() as by_call:
        await asyncio.gather(*(work(number, by_call) for number in range(min(ASTERISKS, len(left)))))
    return made


def _lasts_ms(part: Part) -> int:
    """How long the caller is silent or speaks: the longest begin first."""
    return sum((step.wait or 0) + (step.message or 0) for step in _hurried_scenario(part.scenario).model.steps)


async def _transcript(
    part: Part, exchange: Asterisk, folder: Path, by_call: defaultdict[str, Ear], one_at_a_time: asyncio.Lock
) -> Transcript:
    site, scenario = part.site, part.scenario
    expected = rehearsed(site, scenario, scenario.model.call)
    names = (f"call-{folder.name}-{number}" for number in range(NAMES_TRIED))
    name = next(one for one in names if goes_alike(site, scenario, f"{AsteriskLine.id}-{one}", expected))
    by_call[name] = ear = Ear()
    transcript = Transcript()
    silent = any(
        step.phone == "unanswered" or step.outside == "nobody" or step.leave == "agent-unanswered"
        for step in scenario.model.steps
    )
    async with (
        serving(_on(exchange, _hurried(site), folder), scenario, folder, one_at_a_time) as service,
        phone(exchange.agents[0], PhoneBehaviour(answer_after_ms=None if silent else 300)),
        caller(
            exchange,
            f"{name}~{scenario.model.dialled or ''}",
            sender=f"<sip:{scenario.model.caller or 'anonymous'}@127.0.0.1>",
        ) as sipp,
    ):
        await sipp.answered()
        call = f"{AsteriskLine.id}-{name}"
        await until(lambda: call in service.centre.calls)
        person = AsteriskPerson(sipp, service, call, ear)
        await played(service, _hurried_scenario(scenario), person, transcript, between_keys_s=0, patience=PATIENCE)
        if not person.is_gone:
            person.hang_up()
            await until(lambda: person.is_gone)
    transcript.heard += [str(Path(one).relative_to(folder / "prompts")) for one in ear.played]
    return transcript


@asynccontextmanager
async def serving(site: Site, scenario: Scenario, data: Path, one_at_a_time: asyncio.Lock) -> AsyncIterator[Service]:
    """The live service for one scenario."""
    clock = ScenarioClock(starts_at(site, scenario))
    async with one_at_a_time:  # Alembic brings one database of a process up to date at a time
        store = await Store.open(f"sqlite+aiosqlite:///{data / 'holdless.db'}")
    journal = Journal.open(data, site=site.id)
    service = Service(
        site,
        lines=[AsteriskLine(site, recordings=data / "messages", now=clock.now)],
        journal=journal,
        store=store,
        customers=Records(site, Stubs(scenario)),
        clock=clock,
        web_services=Dips(Stubs(scenario)),
    )
    rehearse(service, scenario)
    await service.start()
    try:
        yield service
    finally:
        await service.close()
        journal.close()
        await store.close()


def _on(exchange: Asterisk, site: Site, folder: Path) -> Site:
    """The site on this Asterisk, with a moment's silence for each prompt; every agent has a phone there, and the trunk
    leads to another one."""
    (folder / "asterisk.secret").write_text(exchange.ami_secret + "\n", encoding="utf-8")

    def recorded(language: str, name: str, prompt: Prompt) -> Prompt:
        path = folder / "prompts" / language / f"{name}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        with wave.open(str(path), "wb") as sound:
            sound.setnchannels(1)
            sound.setsampwidth(2)
            sound.setframerate(8_000)
            sound.writeframes(bytes(2 * 8 * PROMPT_MS))
        return replace(prompt, recording=path)

    *phones, outside = exchange.agents
    return replace(
        site,
        prompts={
            name: {language: recorded(language, name, prompt) for language, prompt in by_language.items()}
            for name, by_language in site.prompts.items()
        },
        acd=replace(site.acd, queues=tuple(replace(one, phones=type(one.phones)()) for one in site.acd.queues)),
        agents={
            name: replace(agent, phone=f"PJSIP/{one.name}")
            for (name, agent), one in zip(site.agents.items(), phones, strict=False)
        },
        asterisk=AsteriskSettings(
            ami=Ami(host="127.0.0.1", port=exchange.ami_port, user="holdless", secret_file=folder / "asterisk.secret"),
            fastagi=FastAgi(host="127.0.0.1", port=exchange.agi_port),
            trunk=f"PJSIP/{outside.name}",
        ),
    )


def _hurried(site: Site) -> Site:
    def shorter(flow: Flow) -> Flow:
        return replace(flow, nodes={name: _hurried_node(node) for name, node in flow.nodes.items()})

    return replace(site, flows={name: shorter(flow) for name, flow in site.flows.items()})


def _hurried_node(node: Node) -> Node:
    match node:
        case Music(for_ms=int(ms)) if ms >= LONG_MS:
            return replace(node, for_ms=ms // TIMES_SHORTER)
        case Queue(direct_ms=int(ms)) if ms >= LONG_MS:
            return replace(node, direct_ms=ms // TIMES_SHORTER)
        case _:
            return node


def _hurried_scenario(scenario: Scenario) -> Scenario:
    steps = [
        step.model_copy(update={"wait": step.wait // TIMES_SHORTER})
        if step.wait is not None and step.wait >= LONG_MS
        else step
        for step in scenario.model.steps
    ]
    return replace(scenario, model=scenario.model.model_copy(update={"steps": steps}))


async def _nobody_is_left(exchange: Asterisk) -> None:
    for _ in range(600):
        if not await asyncio.to_thread(exchange.channels):
            return
        await asyncio.to_thread(exchange.cli, "channel request hangup all")
        await asyncio.sleep(0.1)
    raise AssertionError("channels are left on the exchange")


async def until(happened: Callable[[], bool]) -> None:
    """Waits until something happened; fails when it does not."""
    for _ in range(600):
        if happened():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it did not happen")
