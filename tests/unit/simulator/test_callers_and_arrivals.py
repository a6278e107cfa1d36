"""Simulated callers and arrivals, one at a time, in simulated time."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from acd.events import OfferFailure
from centre.events import (
    CallArrived,
    CallerHungUp,
    CallerPressedExit,
    ConversationEnded,
    Event,
    KeysEntered,
    OfferAnswered,
    OfferFailed,
    OfferRinging,
    PromptEnded,
)
from centre.orders import Ask, HangUp, Hold, Order, PickUp, Retrieve, Ring, Speak, StopRinging, Wait
from centre.virtual.arrivals import Arrivals
from centre.virtual.call import CallState, prompt_ms
from centre.virtual.caller import Parting, SimulatedCaller
from centre.virtual.exchange import Exchange
from centre.virtual.habits import CallerHabits
from centre.virtual.ports import Heard, Sound, Timer
from config.arrivals import Piece, poisson, steady
from config.streams import stream
from ivr.keys import KeyRules
from ivr.messages import EntryEnd
from ivr.records import replace
from simulator.timers import SimpyTimers

HOUR_MS = 3_600_000
CALL = "line-x-1"


class Bench:
    """An exchange with nobody in charge: the test gives the orders."""

    def __init__(self, lines: int = 10) -> None:
        self.timers = SimpyTimers(0)
        self.told: list[tuple[int, Event]] = []
        self.heard: list[Heard] = []
        self.partings: list[tuple[Parting, str]] = []
        self.exchange = Exchange(
            line="line",
            first_call="x",
            scheduler=self.timers,
            tell=lambda event: self.told.append((self.timers.now(), event)),
            spoken=lambda prompt, language, _: f"{prompt} in {language}",
            agent_name=str.title,
            calls_most=lines,
        )

    def order(self, *orders: Order) -> None:
        for order in orders:
            self.exchange.carry_out(order)

    def run(self, until: int) -> None:
        self.timers.environment.run(until=until)

    def events(self) -> list[Event]:
        return [event for _, event in self.told]

    def simulated(
        self,
        *,
        wants: str | None = "cards",
        keys: Mapping[str, str] | None = None,
        patience_ms: int = 60_000,
        hangs_up_first: bool = True,
    ) -> SimulatedCaller:
        habits = CallerHabits(
            wants=wants,
            keys={"main": "1"} if keys is None else keys,
            key_delay=lambda: 1_000,
            patience_ms=patience_ms,
            talk=lambda queue, agent: {"cards": 30_000, "loans": 90_000}[queue],
            hangs_up_first=hangs_up_first,
            rings=lambda: 0,
            wrap_up=lambda queue, agent: 0,
        )
        return SimulatedCaller(
            self.exchange,
            self.timers,
            habits,
            number="+1",
            name="",
            parted=lambda how, queue: self.partings.append((how, queue)),
        )


def ask(node: str = "main", step: int = 1, **rules: object) -> Ask:
    return Ask(call=CALL, step=step, prompts=(node,), language="en", keys=KeyRules(**rules), node=node)  # type: ignore[arg-type]


RING = Ring(call=CALL, offer="o1", agent="anna", queue="cards", ring_ms=20_000)
PICK_UP = PickUp(call=CALL, offer="o1", agent="anna")
WAIT = Wait(call=CALL, queue="cards", waiting_since=0, language="en", prompts=("hold",))
SPOKEN_MS = prompt_ms("main in en")


def test_a_caller_listens_to_the_question_and_presses_after_a_while() -> None:
    bench = Bench()
    bench.simulated()
    bench.order(ask())
    bench.run(SPOKEN_MS + 1_001)
    assert bench.told[-1] == (SPOKEN_MS + 1_000, KeysEntered(call=CALL, step=1, keys="1", end=EntryEnd.KEYS))


def test_a_caller_types_a_number_key_by_key() -> None:
    bench = Bench()
    bench.simulated(keys={"card": "4321"})
    bench.order(ask("card", least=4, most=4))
    bench.run(60_000)
    assert bench.told[-1] == (
        prompt_ms("card in en") + 1_000 + 3 * 350,
        KeysEntered(call=CALL, step=1, keys="4321", end=EntryEnd.KEYS),
    )


def test_a_caller_who_wants_nothing_hangs_up_at_the_first_question_without_a_key() -> None:
    bench = Bench()
    bench.simulated(wants=None, keys={"language": "2"})
    bench.order(ask("language"))
    bench.run(5_000)
    bench.order(ask("main", step=2))
    bench.run(20_000)
    assert bench.events()[1:] == [
        KeysEntered(call=CALL, step=1, keys="2", end=EntryEnd.KEYS),
        CallerHungUp(call=CALL),
    ]


def test_a_caller_without_a_key_who_wants_a_queue_sits_the_question_out() -> None:
    bench = Bench()
    bench.simulated(keys={})
    bench.order(ask())
    bench.run(60_000)
    assert bench.events()[1:] == [KeysEntered(call=CALL, step=1, keys="", end=EntryEnd.NO_INPUT)]


def test_a_caller_who_is_sent_in_circles_gives_up() -> None:
    bench = Bench()
    bench.simulated()
    for step in range(1, 4):
        bench.order(ask(step=step))
        bench.run(step * 10_000)
    assert isinstance(bench.events()[-1], CallerHungUp)
    assert sum(isinstance(event, KeysEntered) for event in bench.events()) == 2


def test_patience_runs_from_the_first_queue_on_and_is_not_renewed_by_the_next() -> None:
    bench = Bench()
    bench.simulated(patience_ms=60_000)
    bench.order(WAIT)
    bench.run(40_000)
    bench.order(WAIT)
    bench.run(100_000)
    assert bench.told[-1] == (60_000, CallerHungUp(call=CALL))


def test_a_ring_that_nobody_answers_ends_on_time_and_the_caller_waits_on() -> None:
    bench = Bench()
    bench.exchange.place_call(bench.heard.append)
    bench.order(WAIT, RING)
    bench.run(100_000)
    assert bench.told[1:] == [
        (0, OfferRinging(offer="o1")),
        (20_000, OfferFailed(offer="o1", why=OfferFailure.NO_ANSWER)),
    ]
    assert bench.exchange.calls[CALL].state is CallState.WAITING
    assert bench.exchange.calls[CALL].agent is None


def test_an_answer_after_the_ring_ended_connects_nobody() -> None:
    bench = Bench()
    bench.exchange.place_call(bench.heard.append)
    bench.order(WAIT, RING, StopRinging(call=CALL, offer="o1", agent="anna"), PICK_UP)
    assert bench.events()[1:] == [OfferRinging(offer="o1")]
    bench.run(100_000)
    assert bench.events()[1:] == [OfferRinging(offer="o1")]


def test_an_offer_that_turns_out_void_in_the_moment_of_the_answer_gives_the_caller_back_to_the_music() -> None:
    bench = Bench()
    bench.exchange.place_call(bench.heard.append)
    bench.order(WAIT, RING, PICK_UP, StopRinging(call=CALL, offer="o1", agent="anna"))
    assert OfferAnswered(offer="o1") in bench.events()
    assert [heard.sound for heard in bench.heard][-3:] == [Sound.CONNECTED, Sound.DISCONNECTED, Sound.MUSIC]
    assert bench.exchange.phone("anna").offer is None
    bench.order(Ring(call=CALL, offer="o2", agent="bob", queue="cards", ring_ms=20_000))
    bench.order(PickUp(call=CALL, offer="o2", agent="bob"))
    assert bench.exchange.calls[CALL].agent == "bob"


def test_one_phone_takes_one_offer() -> None:
    bench = Bench()
    bench.exchange.place_call(bench.heard.append)
    bench.exchange.place_call(bench.heard.append)
    bench.order(RING, Ring(call="line-x-2", offer="o2", agent="anna", queue="cards", ring_ms=20_000))
    assert bench.events()[-1] == OfferFailed(offer="o2", why=OfferFailure.BUSY)


def test_a_conversation_lasts_as_long_as_the_queue_of_the_answer_says() -> None:
    bench = Bench()
    bench.simulated()
    bench.order(WAIT, Ring(call=CALL, offer="o1", agent="anna", queue="loans", ring_ms=20_000), PICK_UP)
    bench.run(200_000)
    assert bench.told[-1] == (90_000, ConversationEnded(call=CALL, by="caller"))


def test_time_on_hold_is_no_talking_and_too_much_of_it_ends_the_call() -> None:
    bench = Bench()
    bench.simulated(patience_ms=60_000)
    bench.order(WAIT, RING, PICK_UP)
    bench.run(10_000)
    bench.order(Hold(call=CALL, agent="anna"))
    bench.run(30_000)
    bench.order(Retrieve(call=CALL, agent="anna"))
    bench.run(49_999)
    assert CALL in bench.exchange.calls
    bench.order(Hold(call=CALL, agent="anna"))
    bench.run(200_000)
    assert bench.told[-1] == (49_999 + 60_000, ConversationEnded(call=CALL, by="caller"))


def test_a_caller_who_leaves_hanging_up_to_a_person_does_it_after_all() -> None:
    bench = Bench()
    bench.simulated(hangs_up_first=False)
    bench.order(WAIT, RING, PICK_UP)
    bench.run(200_000)
    assert bench.told[-1] == (30_000, ConversationEnded(call=CALL, by="caller"))


NEWS = Speak(call=CALL, step=1, prompts=("news",), language="en", in_queue=True)
MUSIC = Wait(call=CALL, queue="cards", waiting_since=0, language="en", keys="12", node="music")


def test_who_is_spoken_to_in_a_queue_waits_all_the_while_and_hears_of_the_queue_once() -> None:
    bench = Bench()
    call = bench.exchange.place_call(bench.heard.append)
    bench.order(MUSIC, NEWS)
    assert call.state is CallState.WAITING
    bench.run(60_000)
    assert bench.events()[-1] == PromptEnded(call=CALL, step=1)
    bench.order(MUSIC)
    sounds = [heard.sound for heard in bench.heard]
    assert sounds == [Sound.QUEUED, Sound.MUSIC, Sound.PROMPT, Sound.MUSIC]


def test_a_phone_that_rings_cuts_off_what_a_waiting_caller_hears() -> None:
    bench = Bench()
    bench.exchange.place_call(bench.heard.append)
    bench.order(MUSIC, NEWS, RING)
    assert bench.heard[-1].sound is Sound.MUSIC
    bench.run(60_000)
    assert not any(isinstance(event, PromptEnded) for event in bench.events())
    bench.order(MUSIC, RING)
    assert [heard.sound for heard in bench.heard][-1] is Sound.MUSIC


def test_a_key_that_comes_during_an_announcement_counts_once_the_music_begins() -> None:
    bench = Bench()
    call = bench.exchange.place_call(bench.heard.append)
    bench.order(Speak(call=CALL, step=7, prompts=("menu",), language="en"))
    call.press("1")
    bench.order(MUSIC, NEWS)
    call.press("7")
    call.press("2")
    bench.order(MUSIC)
    pressed = [event for event in bench.events() if isinstance(event, CallerPressedExit)]
    assert pressed == [CallerPressedExit(call=CALL, key="2")], "not the key from before the queue"
    call.press("7")
    call.press("1")
    assert bench.events()[-1] == CallerPressedExit(call=CALL, key="1")


def test_a_simulated_caller_presses_at_music_and_at_questions_in_a_queue_and_never_tires_of_them() -> None:
    bench = Bench()
    bench.simulated(keys={"music": "2", "ask": "1"}, patience_ms=10_000_000)
    question = replace(ask("ask"), in_queue=True)
    for step in range(1, 40):
        bench.order(MUSIC, replace(question, step=step))
        bench.run(step * 60_000)
    assert len([event for event in bench.events() if isinstance(event, KeysEntered)]) == 39
    bench.order(MUSIC)
    bench.run(41 * 60_000)
    assert bench.events()[-1] == CallerPressedExit(call=CALL, key="2")


def test_keys_of_a_secret_show_nowhere() -> None:
    bench = Bench()
    call = bench.exchange.place_call(bench.heard.append)
    bench.order(ask("pin", least=4, most=4, sensitive=True))
    for key in "9876":
        call.press(key)
    assert [heard.text for heard in bench.heard if heard.sound is Sound.KEY] == ["•"] * 4
    assert bench.events()[-1] == KeysEntered(call=CALL, step=1, keys="••••", end=EntryEnd.KEYS)
    assert not any(key in repr(bench.told) + repr(bench.heard) for key in "9876")


def test_a_key_cuts_a_prompt_short_only_where_it_may() -> None:
    bench = Bench()
    call = bench.exchange.place_call(bench.heard.append)
    bench.order(Speak(call=CALL, step=1, prompts=("news",), language="en"))
    call.press("1")
    assert len(bench.told) == 1
    bench.order(Speak(call=CALL, step=2, prompts=("news",), language="en", barge_in=True))
    call.press("1")
    assert bench.told[1:] == [(0, PromptEnded(call=CALL, step=2))]
    bench.run(60_000)
    assert len(bench.told) == 2


@pytest.mark.parametrize(
    "order",
    [
        Speak(call=CALL, step=9, prompts=("a", "b"), language="en"),
        ask(step=9),
        WAIT,
        HangUp(call=CALL, prompts=("bye",), language="en"),
        Hold(call=CALL, agent="anna"),
    ],
)
def test_hanging_up_is_told_once_and_nothing_after_it(order: Order) -> None:
    bench = Bench()
    call = bench.exchange.place_call(bench.heard.append)
    bench.order(order)
    call.hang_up()
    call.hang_up()
    call.press("1")
    bench.order(order, RING, PICK_UP)
    bench.run(600_000)
    assert bench.events()[1:] == [CallerHungUp(call=CALL)]
    assert [heard.sound for heard in bench.heard].count(Sound.ENDED) == 1


def test_who_calls_when_all_lines_are_taken_hears_nothing_and_is_no_call_of_the_centre() -> None:
    bench = Bench(lines=1)
    bench.exchange.place_call(lambda _: None)
    refused = bench.exchange.place_call(bench.heard.append)
    assert refused.state is CallState.ENDED
    assert [heard.text for heard in bench.heard] == ["line"]
    assert [event.call for event in bench.events() if isinstance(event, CallArrived)] == [CALL]


@pytest.mark.parametrize(
    ("orders", "until", "parting"),
    [
        ((), 1_000, (Parting.LEFT, "")),
        ((WAIT,), 100_000, (Parting.GAVE_UP, "")),
        ((WAIT, RING, PICK_UP), 100_000, (Parting.SERVED, "cards")),
    ],
)
def test_how_a_caller_parted_is_told_once(orders: tuple[Order, ...], until: int, parting: tuple[Parting, str]) -> None:
    bench = Bench()
    bench.simulated()
    bench.order(*orders)
    bench.run(until)
    bench.order(HangUp(call=CALL))
    assert bench.partings == [parting]


def test_a_simulated_caller_who_finds_the_lines_busy_is_told_apart() -> None:
    bench = Bench(lines=1)
    bench.exchange.place_call(lambda _: None)
    bench.simulated()
    assert bench.partings == [(Parting.BUSY, "")]


def test_arrivals_follow_the_rate_of_their_hour() -> None:
    pieces = [Piece(0, HOUR_MS, 300.0), Piece(HOUR_MS, 2 * HOUR_MS, 0.0), Piece(2 * HOUR_MS, 3 * HOUR_MS, 60.0)]
    counts = [0, 0, 0]
    for seed in range(30):
        next_after, at = poisson(stream(seed, "test"), pieces), 0
        while (due := next_after(at)) is not None:
            assert due >= at
            at = due
            counts[at // HOUR_MS] += 1
    # The sum of 30 hours is Poisson: its deviation is the root of its mean.
    for count, mean in zip(counts, (30 * 300, 0, 30 * 60), strict=True):
        assert abs(count - mean) <= 4 * mean**0.5


def test_nobody_calls_at_rate_nothing() -> None:
    assert steady(stream(1), 0.0)(0) is None
    assert poisson(stream(1), [Piece(0, HOUR_MS, 0.0)])(0) is None
    assert poisson(stream(1), [])(0) is None


def test_streams_of_different_purposes_differ_and_each_is_the_same_again() -> None:
    assert stream(1, "caller", 2).random() == stream(1, "caller", 2).random()
    assert (
        len({stream(*of).random() for of in ((1, "caller", 2), (1, "caller", 3), (2, "caller", 2), (1, "agent", 2))})
        == 4
    )


def test_a_process_that_was_stopped_for_an_hour_does_not_let_everybody_call_at_once() -> None:
    bench = Bench()
    delays: list[int] = []

    class Stopped:
        """A clock that is an hour late from the first look on."""

        looks = 0

        def now(self) -> int:
            self.looks += 1
            return 0 if self.looks <= 3 else HOUR_MS

        def after(self, delay_ms: int, do: Callable[[], None]) -> Timer:
            delays.append(delay_ms)
            return bench.timers.after(1, do)

    arrivals = Arrivals(Stopped(), lambda at: at + 1_000, lambda _: None)
    bench.run(20)
    arrivals.stop()
    # Five seconds are made up for, then one call comes every second from now on (the clock stands still here).
    assert delays[:9] == [1_000, 0, 0, 0, 0, 0, 1_000, 2_000, 3_000]
