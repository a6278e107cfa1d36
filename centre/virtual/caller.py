"""Simulated callers: they press keys, wait, talk, lose patience, hang up; and some are called back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

from centre.events import CallAdopted, CallArrived
from centre.orders import Ask, TakeMessage
from centre.virtual.call import VirtualCall
from centre.virtual.exchange import Exchange
from centre.virtual.habits import CallerHabits
from centre.virtual.ports import Heard, Scheduler, Sound, Timer

BETWEEN_KEYS_MS = 350
ANSWERS_TO_ONE_QUESTION = 2
"""Who gave the same answer this often and is asked again (“the loans desk is closed”, back to the menu) gives up."""
QUESTIONS_MOST = 20
"""Nobody listens to more than this; a flow that goes round in circles loses its simulated callers too."""
MESSAGE_MS = 20_000
"""How long a simulated caller speaks to a machine."""
OUTSIDE_TALK_MS = 120_000
"""How long one talks to somebody outside."""
GOODBYE_MS = 5_000
"""How long a caller who leaves hanging up to the agent listens to a silent line."""


class Parting(StrEnum):
    """How a call ended, as its caller sees it."""

    SERVED = "served"
    """After a conversation."""
    GAVE_UP = "gave-up"
    """Hung up while waiting for an agent."""
    BUSY = "busy"
    """All lines were taken."""
    LEFT = "left"
    """In any other way."""


class _Played:
    """One caller with one call. Reacts only through the scheduler."""

    _call: VirtualCall

    def __init__(
        self,
        exchange: Exchange,
        scheduler: Scheduler,
        habits: CallerHabits,
        parted: Callable[[Parting, str], None] | None = None,
    ) -> None:
        """``parted`` is told how it ended and the queue that answered, if one did; it must not act at once."""
        self._parted = parted
        self._waited = False
        self._answered = ""
        self._exchange = exchange
        self._scheduler = scheduler
        self._habits = habits
        self._doing: Timer | None = None
        self._patience: Timer | None = None
        self._answers: dict[str, int] = {}
        self._questions = 0
        self._talk_left_ms = 0
        self._talking_since = 0

    @property
    def habits(self) -> CallerHabits:
        """What the caller brings along."""
        return self._habits

    def hear(self, heard: Heard) -> None:
        reacts = _REACTIONS.get(heard.sound)
        if heard.take is not None:
            self._recorded(heard.take)
        elif reacts is not None:
            reacts(self, heard)

    def _waits(self, _: Heard) -> None:
        self._waited = True
        self._then(None, 0)
        if self._patience is None:
            # Patience runs from the first queue on; being moved to another one does not renew it.
            self._patience = self._scheduler.after(self._habits.patience_ms, self._hang_up)

    def _connected(self, heard: Heard) -> None:
        self._end_patience()
        self._answered = self._call.queue
        self._talk_left_ms = self._habits.talk(self._call.queue, self._call.agent or "")
        self._talk(heard.at)

    def _retrieved(self, heard: Heard) -> None:
        self._end_patience()
        self._talk(heard.at)

    def _left_alone(self, heard: Heard) -> None:
        self._talk_left_ms -= heard.at - self._talking_since
        self._then(None, 0)
        self._patience = self._scheduler.after(self._habits.patience_ms, self._hang_up)

    def _outside(self, _: Heard) -> None:
        self._end_patience()
        self._then(self._hang_up, OUTSIDE_TALK_MS)

    def _ended(self, heard: Heard) -> None:
        self._then(None, 0)
        self._end_patience()
        if self._parted is not None:
            self._parted(self._parting(heard.text), self._answered)

    def _parting(self, by: str) -> Parting:
        if by == "line":
            return Parting.BUSY
        if self._answered:
            return Parting.SERVED
        return Parting.GAVE_UP if by == "caller" and self._waited else Parting.LEFT

    def _questioned(self, ask: Ask | None) -> None:
        if ask is not None and ask.in_queue:
            self._answer(ask.node)  # who waits has patience of another kind
            return
        self._questions += 1
        node = "" if ask is None else ask.node
        fed_up = self._answers.get(node, 0) >= ANSWERS_TO_ONE_QUESTION or self._questions > QUESTIONS_MOST
        done = self._habits.wants is None or bool(self._answered)
        if fed_up or (done and not self._habits.keys.get(node)):
            self._then(self._hang_up, self._habits.key_delay())
        else:
            self._answer(node)

    def _answer(self, node: str) -> None:
        keys = self._habits.keys.get(node, "")
        if keys:
            self._answers[node] = self._answers.get(node, 0) + 1
            self._then(lambda: self._press(keys), self._habits.key_delay())

    def _recorded(self, take: TakeMessage) -> None:
        """Speaks; a message ends by hanging up, a statement by a key."""
        self._end_patience()
        self._then((lambda: self._press(take.keys[0])) if take.into else self._hang_up, MESSAGE_MS)

    def _press(self, keys: str) -> None:
        if len(keys) > 1:
            self._then(lambda: self._press(keys[1:]), BETWEEN_KEYS_MS)
        self._call.press(keys[0])

    def _talk(self, at: int) -> None:
        self._talking_since = at
        self._then(self._talked, max(self._talk_left_ms, 0))

    def _talked(self) -> None:
        if self._habits.hangs_up_first or not self._exchange.say_goodbye(self._call):
            self._hang_up()
        else:
            self._then(self._hang_up, GOODBYE_MS)

    def _hang_up(self) -> None:
        self._call.hang_up()

    def _end_patience(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _then(self, do: Callable[[], None] | None, delay_ms: int) -> None:
        """The one thing that the caller is about to do; None: nothing."""
        if self._doing is not None:
            self._doing.cancel()
        self._doing = None if do is None else self._scheduler.after(delay_ms, do)


_REACTIONS: Mapping[Sound, Callable[[_Played, Heard], None]] = {
    Sound.SILENCE: lambda caller, heard: caller._questioned(heard.ask),
    Sound.QUEUED: _Played._waits,
    Sound.CONNECTED: _Played._connected,
    Sound.RETRIEVED: _Played._retrieved,
    Sound.HELD: _Played._left_alone,
    Sound.DISCONNECTED: _Played._left_alone,
    Sound.PARTED: lambda caller, _: caller._then(None, 0),  # who was about to hang up hears what is asked
    Sound.OUTSIDE: _Played._outside,
    Sound.ENDED: _Played._ended,
    Sound.MUSIC: lambda caller, heard: caller._answer(heard.node),
}


class SimulatedCaller(_Played):
    """Somebody who calls in."""

    def __init__(
        self,
        exchange: Exchange,
        scheduler: Scheduler,
        habits: CallerHabits,
        *,
        number: str = "",
        name: str = "",
        arrival: CallArrived | CallAdopted | None = None,
        parted: Callable[[Parting, str], None] | None = None,
    ) -> None:
        """Dials, or goes on with a known ``arrival``. ``parted`` is told how it ended and the queue that answered, if
        one did; it must not act at once."""
        super().__init__(exchange, scheduler, habits, parted)
        self._call = exchange.place_call(self.hear, number=number, name=name, habits=habits, arrival=arrival)


class SimulatedCustomer(_Played):
    """Somebody who is called back: a :class:`~centre.virtual.exchange.Customer`."""

    def __init__(
        self, exchange: Exchange, scheduler: Scheduler, habits: CallerHabits, answers_after: Callable[[], int | None]
    ) -> None:
        """``answers_after``: milliseconds of ringing; None: this time nobody answers."""
        super().__init__(exchange, scheduler, habits)
        self._answers_after = answers_after

    def answers_after(self) -> int | None:
        """After how many milliseconds of ringing the phone is answered; None: never."""
        return self._answers_after()

    def answers(self, call: VirtualCall) -> None:
        """This is the call."""
        self._call = call
