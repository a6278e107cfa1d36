"""A scenario is the same call on a real Asterisk as in the simulator. SIPp presses the keys (RFC 4733); what the caller
hears is what Asterisk has played. (For the other lines see tests/conformance.)"""

from __future__ import annotations

import asyncio
import wave
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from centre.calls import Phase
from config.loader import load_site
from config.scenarios import Scenario, load_scenarios
from config.site import Ami, FastAgi, Prompt, Site, Virtual
from config.site import Asterisk as AsteriskSettings
from cti.asterisk.agi_session import AgiSession
from cti.asterisk.line import AsteriskLine
from cti.journal import Journal
from cti.service.clock import ServiceClock
from cti.service.runtime import Service
from cti.store import Store
from ivr.flow import Queue
from tests.asterisk.kit.asterisk import Asterisk
from tests.asterisk.kit.scenarios import PhoneBehaviour
from tests.asterisk.kit.sipp import Caller, caller, phone
from tests.conformance.lines import Dips, Records, played, rehearse
from tests.conformance.transcript import Stubs, Transcript, rehearsed, spelt_out, starts_at

EXAMPLES = Path(__file__).parents[2] / "config" / "examples"
PROMPT_MS = 200


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

    def __init__(self, sipp: Caller, service: Service, ear: Ear) -> None:
        self._sipp = sipp
        self._service = service
        self._ear = ear
        self.call = next(iter(service.centre.calls))

    @property
    def is_asked(self) -> bool:
        """Whether Asterisk waits for a key."""
        return self._ear.waits_for_a_key

    @property
    def hears_music(self) -> bool:
        """Whether the call has left the menu to wait."""
        call = self._service.centre.call(self.call)
        return call is not None and call.phase is Phase.WAITING and not self._ear.in_menu

    @property
    def may_speak(self) -> bool:
        """Whether a message is being recorded."""
        return self._ear.records

    @property
    def is_gone(self) -> bool:
        """Whether the call is over."""
        call = self._service.centre.call(self.call)
        return call is None or call.phase is Phase.WRAP_UP

    async def press(self, key: str) -> None:
        """Presses one key. FastAGI drops what falls between two of its commands, so the next one has to wait until this
        one was heard."""
        asked, over = self.is_asked, self._ear.questions
        await self._sipp.rtp.press(key)
        await until(lambda: not asked or self._ear.questions > over)

    def hang_up(self) -> None:
        """Sends BYE."""
        self._sipp.hang_up()


class Ear:
    """What Asterisk does in the caller's ear, by the FastAGI commands that it has carried out."""

    def __init__(self, folder: Path, heard: list[str]) -> None:
        self._folder = folder
        self._heard = heard
        self.waits_for_a_key = False
        self.questions = 0
        """So many waits for a key are over."""
        self.records = False
        self.in_menu = True

    def listen(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """From now on."""
        do = AgiSession._do

        async def done(session: AgiSession, command: str, *arguments: str, within_ms: int | None = None) -> object:
            self.in_menu = True
            self.waits_for_a_key = command == "WAIT FOR DIGIT" and int(arguments[0]) > 10
            self.records = command == "RECORD FILE"
            if command == "STREAM FILE" and arguments[2] == "0":
                self._heard.append(str(Path(arguments[0]).relative_to(self._folder)))
            try:
                return await do(session, command, *arguments, within_ms=within_ms)
            finally:
                self.questions += self.waits_for_a_key
                self.waits_for_a_key = self.records = False
                self.in_menu = False

        monkeypatch.setattr(AgiSession, "_do", done)


def plain(site: Site) -> Site:
    """The site without values in its prompts, which have recordings of their own (tests of reading aloud play them)."""
    return replace(
        site,
        prompts={
            name: {language: Prompt(text=prompt.text, recording=None) for language, prompt in by_language.items()}
            for name, by_language in site.prompts.items()
        },
    )


def asking_everybody(site: Site) -> Site:
    """The insurer, who asks every caller afterwards: whom a lot would draw nobody knows, as Asterisk names the call."""
    flow = site.entry_flow
    claims = flow.nodes["claims"]
    assert isinstance(claims, Queue)
    everybody = replace(flow, nodes={**flow.nodes, "claims": replace(claims, after="willing")})
    return replace(site, flows={**site.flows, site.entry: everybody})


def on_asterisk(site: Site, asterisk: Asterisk, folder: Path) -> Site:
    """The site on this Asterisk, with a moment's silence for each prompt."""
    (folder / "asterisk.secret").write_text(asterisk.ami_secret + "\n", encoding="utf-8")

    def recorded(language: str, name: str, prompt: Prompt) -> Prompt:
        path = folder / "prompts" / language / f"{name}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        with wave.open(str(path), "wb") as sound:
            sound.setnchannels(1)
            sound.setsampwidth(2)
            sound.setframerate(8_000)
            sound.writeframes(bytes(2 * 8 * PROMPT_MS))
        return replace(prompt, recording=path)

    return replace(
        site,
        prompts={
            name: {language: recorded(language, name, prompt) for language, prompt in by_language.items()}
            for name, by_language in site.prompts.items()
        },
        acd=replace(site.acd, queues=tuple(replace(one, phones=type(one.phones)()) for one in site.acd.queues)),
        asterisk=AsteriskSettings(
            ami=Ami(host="127.0.0.1", port=asterisk.ami_port, user="holdless", secret_file=folder / "asterisk.secret"),
            fastagi=FastAgi(host="127.0.0.1", port=asterisk.agi_port),
            trunk="",
        ),
    )


@asynccontextmanager
async def serving(site: Site, scenario: Scenario, data: Path) -> AsyncIterator[Service]:
    """The live service for one scenario."""
    clock = ScenarioClock(starts_at(site, scenario))
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


@pytest.mark.parametrize(
    ("example", "name"),
    [("menus", "an-order-on-its-way"), ("twilio", "in-ukrainian"), ("insurance", "no-claims-system")],
)
async def test_a_scenario_is_the_same_call_on_asterisk(
    asterisk: Asterisk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, example: str, name: str
) -> None:
    site = plain(spelt_out(replace(load_site(EXAMPLES / example), virtual=Virtual())))
    scenario = next(one for one in load_scenarios(site) if one.name == name)
    live = on_asterisk(site, asterisk, tmp_path)
    transcript = Transcript()
    ear = Ear(tmp_path / "prompts", transcript.heard)
    ear.listen(monkeypatch)
    sender = f"<sip:{scenario.model.caller}@127.0.0.1>"
    async with serving(live, scenario, tmp_path) as service, caller(asterisk, sender=sender) as sipp:
        await sipp.answered()
        await until(lambda: bool(service.centre.calls))
        person = AsteriskPerson(sipp, service, ear)
        await played(service, scenario, person, transcript, between_keys_s=0)
        await until(lambda: person.is_gone)  # before SIPp is ended: its BYE may not be out yet
    assert transcript == rehearsed(site, scenario, scenario.model.call)


async def test_questions_after_the_conversation_are_the_same_on_asterisk(
    asterisk: Asterisk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = asking_everybody(plain(spelt_out(replace(load_site(EXAMPLES / "insurance"), virtual=Virtual()))))
    scenario = next(one for one in load_scenarios(site) if one.name == "ten-of-ten")
    olha = replace(site.agents["olha"], phone=f"PJSIP/{asterisk.agents[0].name}")
    live = replace(on_asterisk(site, asterisk, tmp_path), agents={"olha": olha})
    transcript = Transcript()
    ear = Ear(tmp_path / "prompts", transcript.heard)
    ear.listen(monkeypatch)
    async with (
        serving(live, scenario, tmp_path) as service,
        phone(asterisk.agents[0], PhoneBehaviour(answer_after_ms=100)),
        caller(asterisk) as sipp,
    ):
        await sipp.answered()
        await until(lambda: bool(service.centre.calls))
        person = AsteriskPerson(sipp, service, ear)
        await played(service, scenario, person, transcript, between_keys_s=0)
        await until(lambda: person.is_gone)
    assert transcript == rehearsed(site, scenario, scenario.model.call)


async def until(happened: Callable[[], bool]) -> None:
    """Waits until something happened; fails when it does not."""
    for _ in range(600):
        if happened():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it did not happen")
