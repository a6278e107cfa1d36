"""A caller in the menu over FastAGI who presses whatever there is, without end; Asterisk's end is a plain socket."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from centre import events
from centre.orders import Ask, HangUp, Speak
from config.loader import load_site
from cti.asterisk.agi import AgiSession
from cti.asterisk.ami_messages import AmiEvent, AmiHeaders
from cti.asterisk.exchange import Exchange
from cti.asterisk.menu import Menu
from cti.recordings import Recordings
from ivr.collect import TYPED_AHEAD_MOST
from ivr.keys import KeyRules
from ivr.messages import EntryEnd
from tests.engine_process import until
from tests.faults.agi_peer import calling, serving

BANK = Path(__file__).parents[2] / "config" / "examples" / "bank"
CALL = "asterisk-c1"
PIN = KeyRules(least=4, most=4, sensitive=True)


async def never(channel: str) -> None:
    raise AssertionError("no key came before its command")


@pytest.mark.parametrize("keys", ["7" * 1_000, "*#ABCD" * 20, "ABCD" * 250])
async def test_keys_without_end_answer_the_question_and_are_otherwise_forgotten(keys: str, tmp_path: Path) -> None:
    site = load_site(BANK)
    recordings = Recordings(tmp_path)
    exchange = Exchange("asterisk", recordings.length_ms)
    exchange.hearing.tells = False
    menu = Menu(site, exchange, recordings, lambda: 0, never)
    told: list[events.Event] = []
    wanted: Iterator[Speak | Ask | HangUp] = iter(
        [
            Speak(call=CALL, step=1, prompts=("welcome",), language="en"),
            Ask(call=CALL, step=2, prompts=("card-number",), language="en", keys=PIN),
            Ask(call=CALL, step=3, prompts=(), language="en", keys=KeyRules(least=1, most=8)),
            HangUp(call=CALL),
        ]
    )
    typed_ahead: list[int] = []

    def tell(event: events.Event) -> None:
        told.append(event)
        call = exchange.calls[CALL]
        typed_ahead.append(len(call.keypad.pressed))
        call.menu.put_nowait(next(wanted))

    async def serve(session: AgiSession) -> None:
        await menu.serve(session, tell)

    async with serving(serve) as server, calling(server.port) as caller:
        left = iter(keys)
        while command := await caller.hears():
            if command.startswith(("STREAM FILE", "WAIT FOR DIGIT")):
                caller.say(b"200 result=%d endpos=8\n" % ord(next(left, "\0")))
            else:
                caller.say(b"200 result=1\n")
    entered = [event for event in told if isinstance(event, events.KeysEntered)]
    assert [one.step for one in entered] == [2, 3], "each question has one answer"
    assert [len(one.keys) <= most for one, most in zip(entered, (4, 8), strict=True)] == [True, True]
    assert not any(key.isdecimal() for key in entered[0].keys), "a secret's digits leave as dots"
    assert max(typed_ahead) == TYPED_AHEAD_MOST, "of the rest so much is kept"


async def test_who_keys_in_without_haste_is_cut_off_by_the_time_for_all_keys_and_not_by_the_watch_over_the_engine(
    tmp_path: Path,
) -> None:
    """A key every two seconds, by a clock that only the caller moves."""
    clock, commands = 0, list[str]()
    recordings = Recordings(tmp_path)
    exchange = Exchange("asterisk", recordings.length_ms)
    exchange.hearing.tells = False
    menu = Menu(load_site(BANK), exchange, recordings, lambda: clock, never)
    told: list[events.Event] = []
    keys = KeyRules(least=4, most=100, all_keys_ms=200_000)
    wanted: Iterator[Ask | HangUp] = iter(
        [Ask(call=CALL, step=1, prompts=(), language="en", keys=keys), HangUp(call=CALL)]
    )

    def tell(event: events.Event) -> None:
        told.append(event)
        exchange.calls[CALL].menu.put_nowait(next(wanted))

    async def serve(session: AgiSession) -> None:
        await menu.serve(session, tell)

    async with serving(serve) as server, calling(server.port) as caller:
        while command := await caller.hears():
            commands.append(command)
            if command.startswith("WAIT FOR DIGIT") and clock < 198_000:
                clock += 2_000
                caller.say(b"200 result=%d\n" % ord("1"))
            elif command.startswith("WAIT FOR DIGIT"):
                clock = 200_000
                caller.say(b"200 result=0\n")
            else:
                caller.say(b"200 result=1\n")
    (entered,) = [event for event in told if isinstance(event, events.KeysEntered)]
    assert (entered.keys, entered.end) == ("1" * 99, EntryEnd.KEYS)
    assert 'SET VARIABLE "TIMEOUT(absolute)" "320"' in commands


async def test_a_key_from_a_moment_before_the_prompt_stops_it(tmp_path: Path) -> None:
    """FastAGI has thrown it away, so nothing ends the prompt; the event comes when it is being spoken."""
    recordings = Recordings(tmp_path)
    exchange = Exchange("asterisk", recordings.length_ms)
    stopped: list[str] = []
    spoken = asyncio.Event()

    async def stop(channel: str) -> None:
        stopped.append(channel)
        spoken.set()

    menu = Menu(load_site(BANK), exchange, recordings, lambda: 0, stop)
    told: list[events.Event] = []
    wanted: Iterator[Ask | HangUp] = iter(
        [
            Ask(call=CALL, step=1, prompts=("main-menu", "no-input"), language="en", keys=KeyRules()),
            HangUp(call=CALL),
        ]
    )

    def tell(event: events.Event) -> None:
        told.append(event)
        exchange.calls[CALL].menu.put_nowait(next(wanted))

    async def serve(session: AgiSession) -> None:
        await menu.serve(session, tell)

    commands: list[str] = []
    async with serving(serve) as server, calling(server.port) as caller:
        while command := await caller.hears():
            commands.append(command)
            if command.startswith("STREAM FILE"):
                exchange.hear(pressed("5", exchange.calls[CALL].channel))
                async with asyncio.timeout(20):
                    await spoken.wait()
                caller.say(b"200 result=0 endpos=400\n")
            elif command.startswith("WAIT FOR DIGIT"):
                caller.say(b"200 result=1000\n")
            else:
                caller.say(b"200 result=1\n")
    (entered,) = [event for event in told if isinstance(event, events.KeysEntered)]
    assert entered.keys == "5"
    assert len(stopped) == 1
    heard = [command for command in commands if command.startswith(("STREAM FILE", "WAIT FOR DIGIT"))]
    assert [command.split()[0] for command in heard] == ["STREAM", "WAIT"], "one prompt, and a stop that came too late"


@pytest.mark.parametrize("left", [(), (None,)], ids=["first in the menu", "moved out of a menu before"])
async def test_a_caller_may_come_from_a_conversation_before_the_event_that_it_is_over(
    left: tuple[None, ...], tmp_path: Path
) -> None:
    """The two come by two connections; whoever comes to be asked does not talk any more. *left*: the word that ends a
    session, and comes too late where Asterisk has broken the session off before."""
    recordings = Recordings(tmp_path)
    exchange = Exchange("asterisk", recordings.length_ms)
    menu = Menu(load_site(BANK), exchange, recordings, lambda: 0, never)
    told: list[events.Event] = []
    of_call = exchange.admit(CALL, "1.1")
    of_call.leg, of_call.comes_back = "agents-leg", True
    for word in left:
        of_call.menu.put_nowait(word)
    commands: list[str] = []

    def tell(event: events.Event) -> None:
        told.append(event)
        assert not of_call.talking
        of_call.menu.put_nowait(HangUp(call=CALL))

    async def serve(session: AgiSession) -> None:
        await menu.serve(session, tell)

    async with serving(serve) as server, calling(server.port) as caller:
        while command := await caller.hears():
            commands.append(command)
            caller.say(b"200 result=1\n")
    assert told == [events.ConversationEnded(call=CALL, by="agent", caller_there=True)]
    assert commands == ['SET VARIABLE "CC_NEXT" "hangup"']


async def test_a_caller_whose_call_is_over_to_the_centre_is_not_left_in_silence_after_the_conversation(
    tmp_path: Path,
) -> None:
    recordings = Recordings(tmp_path)
    exchange = Exchange("asterisk", recordings.length_ms)
    menu = Menu(load_site(BANK), exchange, recordings, lambda: 0, never)
    told: list[events.Event] = []
    of_call = exchange.admit(CALL, "1.1")
    of_call.leg, of_call.comes_back, of_call.given_up = "agents-leg", True, True
    commands: list[str] = []

    async def serve(session: AgiSession) -> None:
        await menu.serve(session, told.append)

    async with serving(serve) as server, calling(server.port) as caller:
        while command := await caller.hears():
            commands.append(command)
            caller.say(b"200 result=1\n")
    assert commands == ['SET VARIABLE "CC_NEXT" "hangup"']
    assert told == []


async def test_a_session_that_notices_late_that_the_caller_was_taken_away_leaves_all_to_the_next_one(
    tmp_path: Path,
) -> None:
    """Its last answer was slow; meanwhile the caller has waited at the music, and been brought back."""
    recordings = Recordings(tmp_path)
    exchange = Exchange("asterisk", recordings.length_ms)
    exchange.hearing.tells = False
    menu = Menu(load_site(BANK), exchange, recordings, lambda: 0, never)
    arrived = asyncio.Event()
    ended: list[str] = []

    def speak(step: int) -> None:
        exchange.calls[CALL].menu.put_nowait(Speak(call=CALL, step=step, prompts=("welcome",), language="en"))

    def tell(event: events.Event) -> None:
        if isinstance(event, events.CallArrived):
            arrived.set()

    async def serve(session: AgiSession) -> None:
        await menu.serve(session, tell)
        ended.append(session.channel)

    async with serving(serve) as server, calling(server.port) as first:
        await asyncio.wait_for(arrived.wait(), 20)
        of_call = exchange.calls[CALL]
        speak(1)
        while not (command := await first.hears()).startswith("STREAM FILE"):
            assert command.startswith("SET VARIABLE")
            first.say(b"200 result=1\n")
        of_call.out_of_menu()
        arrived.clear()
        async with calling(server.port) as second:
            await asyncio.wait_for(arrived.wait(), 20)
            first.say(b"200 result=0 endpos=400\n")
            await first.closed()
            await until(lambda: ended, "the end of the first session")
            assert of_call.in_menu
            speak(2)
            assert (await second.hears()).startswith("SET VARIABLE")


def pressed(key: str, channel: str) -> AmiEvent:
    headers = {"Uniqueid": channel, "Digit": key, "Direction": "Received"}
    return AmiEvent("DTMFEnd", AmiHeaders([(name, [value]) for name, value in headers.items()]), None)
