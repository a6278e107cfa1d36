"""Leaving the queue without an agent, messages, numbers outside, data dips: on the Twilio line."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from acd.effects import AgentState
from acd.events import OfferFailure
from centre.calls import Outcome, Phase
from centre.effects import CallEnded, FetchData, Ring, Wait
from centre.events import AgentNotReady, CallWithdrawn, OfferAccepted, OfferDeclined
from cti.service.ports import DipFailed
from cti.twilio import turns
from tests.twilio.house import PUBLIC, House, on_twilio, open_house
from tests.twilio.standin.player import Leg
from tests.twilio.standin.twilio import StandIn
from tests.virtual.jumping_clock import in_jumping_time, real_time

OUTSIDE = "+380441234567"


def said(leg: Leg) -> list[str]:
    return [heard.text for heard in leg.heard if heard.what == "said"]


async def ended(house: House) -> None:
    await house.until(lambda: house.all(CallEnded))


@in_jumping_time
async def test_a_key_leads_a_waiting_caller_out_of_the_queue_to_leave_a_message(tmp_path: Path) -> None:
    async with open_house(on_twilio("exits", tmp_path), tmp_path) as house:
        house.on_a_break("ann", "pavel")
        caller = await house.call()
        await house.until(lambda: caller.heard and caller.heard[-1].what == "music")
        await house.press(caller, "1")
        await house.until(lambda: caller.heard[-1].what == "tone")
        await asyncio.sleep(12)
        await house.press(caller, "#")
        await ended(house)
        record = house.ended()
        assert record.outcome is Outcome.VOICEMAIL
        assert [message.length_ms // 1000 for message in record.messages] == [12]
        assert [left.why for left in record.exits] == ["exit-key"]
        assert caller.over


@in_jumping_time
async def test_a_message_ends_by_hanging_up_too(tmp_path: Path) -> None:
    async with open_house(on_twilio("exits", tmp_path), tmp_path) as house:
        house.on_a_break("ann", "pavel")
        caller = await house.call()
        await house.press(caller, "1")
        await house.until(lambda: caller.heard[-1].what == "tone")
        await asyncio.sleep(7)
        caller.hang_up()
        await ended(house)
        assert [message.length_ms // 1000 for message in house.ended().messages] == [7]
        assert house.ended().outcome is Outcome.VOICEMAIL


@in_jumping_time
async def test_a_message_is_fetched_into_the_data_folder(tmp_path: Path) -> None:
    async with open_house(on_twilio("exits", tmp_path), tmp_path) as house:
        house.on_a_break("ann", "pavel")
        caller = await house.call()
        await house.press(caller, "1")
        await house.until(lambda: caller.heard[-1].what == "tone")
        await asyncio.sleep(5)
        await house.press(caller, "#")
        await ended(house)
        (message,) = house.ended().messages
        await house.until((tmp_path / "messages" / f"{message.message}.wav").exists)


@in_jumping_time
async def test_a_message_that_cannot_be_fetched_at_once_is_fetched_later(tmp_path: Path) -> None:
    async with open_house(on_twilio("exits", tmp_path), tmp_path) as house:
        house.on_a_break("ann", "pavel")
        tried: list[str] = []
        download = house.twilio.http.download

        async def broken_at_first(path: str, auth: tuple[str, str], to: Path, *, within_s: float) -> None:
            tried.append(path)
            if len(tried) < 3:
                raise TimeoutError
            await download(path, auth, to, within_s=within_s)

        house.twilio.http.download = broken_at_first  # type: ignore[method-assign]
        caller = await house.call()
        await house.press(caller, "1")
        await house.until(lambda: caller.heard[-1].what == "tone")
        await asyncio.sleep(5)
        await house.press(caller, "#")
        await ended(house)
        (message,) = house.ended().messages
        await house.until((tmp_path / "messages" / f"{message.message}.wav").exists)
        assert len(tried) == 3


@in_jumping_time
async def test_a_prompt_whose_recording_is_gone_is_spoken_and_one_whose_recording_is_there_is_played(
    tmp_path: Path,
) -> None:
    site = on_twilio("bank", tmp_path)
    there, gone = tmp_path / "choose-language.wav", tmp_path / "welcome.wav"
    there.write_bytes(b"RIFF")
    recorded = {
        prompt: {language: replace(spoken, recording=tmp_path / f"{prompt}.wav") for language, spoken in texts.items()}
        for prompt, texts in site.prompts.items()
        if prompt in (there.stem, gone.stem)
    }
    async with open_house(replace(site, prompts={**site.prompts, **recorded}), tmp_path) as house:
        caller = await house.call()
        await house.until(lambda: caller.asked)
        assert [heard.what for heard in caller.heard if heard.what in ("said", "played")] == ["said", "played"]
        caller.hang_up()


@pytest.mark.parametrize(
    ("speaks_s", "length_ms"),
    [
        pytest.param(0, None, id="says nothing: Twilio goes on without a recording"),
        pytest.param(0.4, None, id="coughs"),
        pytest.param(1.9, None, id="says a word"),
        pytest.param(12.0, 12_000, id="speaks"),
        pytest.param(119.0, 120_000, id="speaks until the time is up"),
    ],
)
def test_the_silence_that_ends_a_recording_is_no_part_of_the_message(
    tmp_path: Path, speaks_s: float, length_ms: int | None
) -> None:
    async def call() -> None:
        async with open_house(on_twilio("exits", tmp_path), tmp_path) as house:
            house.on_a_break("ann", "pavel")
            caller = await house.call()
            caller.speaks_s = speaks_s
            await house.press(caller, "1")
            await ended(house)
            lengths = [message.length_ms for message in house.ended().messages]
            assert lengths == ([] if length_ms is None else [length_ms])

    in_jumping_time(call)()


async def leaves_a_message(house: House) -> str:
    """Somebody speaks for five seconds; the name of the message."""
    caller = await house.call()
    await house.press(caller, "1")
    await house.until(lambda: caller.heard[-1].what == "tone")
    await asyncio.sleep(5)
    await house.press(caller, "#")
    await ended(house)
    (message,) = house.ended().messages
    return message.message


@in_jumping_time
async def test_a_message_that_an_engine_could_not_fetch_before_it_ended_is_fetched_by_the_next(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    twilio, site = StandIn(public_url=PUBLIC), on_twilio("exits", tmp_path)
    async with open_house(site, tmp_path, twilio) as house:
        house.on_a_break("ann", "pavel")
        twilio.recordings_fail = "out of reach"
        message = await leaves_a_message(house)
        with real_time():  # files are written by real threads
            await house.until(lambda: "cannot be fetched yet" in caplog.text)
    assert not (tmp_path / "messages" / f"{message}.wav").exists()
    twilio.recordings_fail = ""
    async with open_house(site, tmp_path, twilio) as house:
        with real_time():
            await house.until((tmp_path / "messages" / f"{message}.wav").exists)
            await house.until(lambda: [path.suffix for path in (tmp_path / "messages").iterdir()] == [".wav"])


@in_jumping_time
async def test_a_message_that_was_deleted_at_twilio_is_not_looked_for_for_ever(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    twilio = StandIn(public_url=PUBLIC)
    async with open_house(on_twilio("exits", tmp_path), tmp_path, twilio) as house:
        house.on_a_break("ann", "pavel")
        twilio.recordings_fail = "404"
        message = await leaves_a_message(house)
        while f"message {message} cannot be had" not in caplog.text or list((tmp_path / "messages").iterdir()):
            await asyncio.sleep(60)  # the next attempt is due
            with real_time():
                await asyncio.sleep(0.01)  # for threads that write


@in_jumping_time
async def test_where_nobody_is_at_work_callers_leave_a_message(tmp_path: Path) -> None:
    async with open_house(on_twilio("exits", tmp_path), tmp_path) as house:
        caller = await house.call()
        await house.until(lambda: caller.heard and caller.heard[-1].what == "tone")
        assert house.service.centre.conservation().inside[Phase.MENU] == 1


@in_jumping_time
async def test_a_supervisor_sends_a_caller_on_who_hears_it_at_once(tmp_path: Path) -> None:
    async with open_house(on_twilio("exits", tmp_path), tmp_path) as house:
        house.on_a_break("ann", "pavel")
        caller = await house.call()
        await house.until(lambda: caller.heard and caller.heard[-1].what == "music")
        wait = house.all(Wait)[-1]
        house.service.tell(CallWithdrawn(call=wait.call, by="supervisor", queue="partner"))
        await house.until(lambda: caller.queue == "exits.partner" and caller.heard[-1].what == "music")
        house.service.tell(CallWithdrawn(call=wait.call, by="supervisor"))
        await house.until(lambda: caller.over)
        assert said(caller)[-1] == house.service.site.prompts["goodbye"]["en"].text


@pytest.mark.parametrize(
    ("status", "why"),
    [
        ("busy", OfferFailure.BUSY),
        ("no-answer", OfferFailure.NO_ANSWER),
        ("failed", OfferFailure.UNREACHABLE),
    ],
)
def test_nobody_outside_answers_and_the_caller_goes_on(tmp_path: Path, status: str, why: OfferFailure) -> None:
    @in_jumping_time
    async def call() -> None:
        async with open_house(on_twilio("exits", tmp_path), tmp_path, start_s=7 * 3600) as house:  # 19:00: closed
            house.twilio.outside[OUTSIDE] = status
            caller = await house.call()
            await house.until(lambda: caller.heard and caller.heard[-1].what == "tone")
            caller.hang_up()
            await ended(house)
            assert [one.how for one in house.ended().transfers] == [why]

    call()


@in_jumping_time
async def test_somebody_outside_answers_and_their_conversation_ends_the_call(tmp_path: Path) -> None:
    async with open_house(on_twilio("exits", tmp_path), tmp_path, start_s=7 * 3600) as house:
        house.twilio.outside[OUTSIDE] = "answered"
        caller = await house.call()
        await house.until(lambda: caller.answered_outside)
        await house.until(lambda: house.service.centre.conservation().inside[Phase.OUTSIDE] == 1)
        await asyncio.sleep(100)
        caller.outside_hangs_up()
        await ended(house)
        assert house.ended().outcome is Outcome.TRANSFERRED
        assert caller.over


@in_jumping_time
async def test_a_caller_keys_in_an_extension_and_whom_nobody_answers_there_somebody_else_serves(tmp_path: Path) -> None:
    async with open_house(on_twilio("extensions", tmp_path), tmp_path) as house:
        house.ready("101", "102")
        caller = await house.call("101")
        await house.until(lambda: house.twilio.phone("sip:101@phones.example.com").legs)
        house.service.tell(AgentNotReady(agent="101", reason="lunch"))
        house.service.tell(OfferDeclined(agent="101"))
        await house.until(lambda: house.twilio.phone("sip:102@phones.example.com").legs)
        await house.until(lambda: any("cannot be reached" in text for text in said(caller)))
        house.service.tell(OfferAccepted(agent="102"))
        await house.until(lambda: house.service.centre.acd.agent("102").state is AgentState.TALKING)
        caller.hang_up()
        await ended(house)
        record = house.ended()
        assert (record.outcome, record.agent) == (Outcome.ANSWERED, "102")
        assert [(left.queue, left.why) for left in record.exits] == [("direct", "agent-unanswered")]
        assert [ring.agent for ring in house.all(Ring)] == ["101", "102"]


def files_with(folder: Path, text: bytes) -> list[Path]:
    """The files that an engine left, and that hold this."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "twilio.secret"]
    return [path for path in files if text in path.read_bytes()]


class SlowShop:
    """A web service that takes its time."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.asked: list[Mapping[str, str]] = []

    async def fetch(self, wanted: FetchData, secrets: Mapping[str, str]) -> Mapping[str, str]:
        self.asked.append(secrets)
        await asyncio.sleep(self.seconds)
        if self.seconds * 1_000 > wanted.timeout_ms:
            raise DipFailed("deadline")
        return {"found": "true", "state": "sent", "total": "120.50", "arrives": "2026-11-25"}

    async def close(self) -> None:
        pass


@pytest.mark.parametrize("seconds", [0.2, 1.9])
def test_a_data_dip_is_answered_and_a_pin_goes_from_the_line_into_it(tmp_path: Path, seconds: float) -> None:
    @in_jumping_time
    async def call() -> None:
        shop = SlowShop(seconds)
        async with open_house(on_twilio("menus", tmp_path), tmp_path, web_services=shop) as house:
            caller = await house.call("11123456#4711#")
            await house.until(lambda: any("on its way" in text for text in said(caller)))
            assert shop.asked == [{"pin": "4711"}]
            caller.hang_up()
            await ended(house)
            assert [entry.value for entry in house.ended().entries][-1] == "••••"

    call()


@in_jumping_time
async def test_a_pin_is_in_no_log_no_file_and_no_address(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    shop = SlowShop(0.2)
    async with open_house(on_twilio("menus", tmp_path), tmp_path, web_services=shop) as house:
        caller = await house.call("11123456#4711#")
        await house.until(lambda: any("on its way" in text for text in said(caller)))
        caller.hang_up()
        await ended(house)
        assert [url for url, _ in house.twilio.answers if "4711" in url] == []
        assert "4711" not in repr(house.service.centre.calls) + repr(house.effects)
    assert shop.asked == [{"pin": "4711"}]
    assert "4711" not in caplog.text
    assert files_with(tmp_path, b"order") != []
    assert files_with(tmp_path, b"4711") == []


@in_jumping_time
async def test_a_dip_that_outlasts_twilios_patience_is_asked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "ANSWER_WITHIN_S", 0.5)
    shop = SlowShop(1.9)
    async with open_house(on_twilio("menus", tmp_path), tmp_path, web_services=shop) as house:
        caller = await house.call("11123456#4711#")
        await house.until(lambda: any("on its way" in text for text in said(caller)))
        assert len(shop.asked) == 1
        assert sum("/now/" in url for url, _ in house.twilio.answers) >= 1


@in_jumping_time
async def test_twilios_queue_is_full_and_the_caller_waits_all_the_same(tmp_path: Path) -> None:
    async with open_house(on_twilio("exits", tmp_path), tmp_path) as house:
        house.on_a_break("ann", "pavel")
        house.twilio.queue_size = 0
        caller = await house.call()
        await house.until(lambda: caller.conference is not None)
        assert caller.heard[-1].what == "music"
        house.ready("ann")
        await house.until(lambda: caller.heard[-1].what == "connected")
