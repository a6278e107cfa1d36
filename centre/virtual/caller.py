"""A simulated caller: presses keys, waits, talks, loses patience, hangs up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from centre.virtual.exchange import Exchange
from centre.virtual.ports import Draw, Heard, Scheduler, Sound, Timer

BETWEEN_KEYS_MS = 350
ANSWERS_TO_ONE_QUESTION = 2
"""Who gave the same answer this often and is asked again (“the loans desk is closed”, back to the menu) gives up."""
QUESTIONS_MOST = 20
"""Nobody listens to more than this; a flow that goes round in circles loses its simulated callers too."""
GOODBYE_MS = 5_000
"""How long a caller who leaves hanging up to the agent listens to a silent line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerHabits:
    """What one caller wants and how long this caller takes. Each draw gives milliseconds."""

    wants: str | None
    """The queue the caller is after; None: nothing, and hangs up at the first question without a key to press."""
    keys: Mapping[str, str]
    """What is pressed, by the node that asks; at other nodes nothing."""
    key_delay: Draw
    """From the end of a question to the first key."""
    patience_ms: int
    """From entering the queue to giving up; the same again for being held."""
    talk: Callable[[str], int]
    """How long the caller and the agent have to say to each other, by queue."""
    hangs_up_first: bool
    """Else the agent is left to hang up."""


class SimulatedCaller:
    """One caller with one call. Reacts only through the scheduler."""

    def __init__(
        self, exchange: Exchange, scheduler: Scheduler, habits: CallerHabits, *, number: str, name: str
    ) -> None:
        """Dials."""
        self._exchange = exchange
        self._scheduler = scheduler
        self._habits = habits
        self._doing: Timer | None = None
        self._patience: Timer | None = None
        self._answers: dict[str, int] = {}
        self._questions = 0
        self._talk_left_ms = 0
        self._talking_since = 0
        self._call = exchange.place_call(self._hear, number=number, name=name, played=True)

    def _hear(self, heard: Heard) -> None:
        match heard.sound:
            case Sound.SILENCE:
                self._questioned("" if heard.ask is None else heard.ask.node)
            case Sound.QUEUED:
                self._then(None, 0)
                if self._patience is None:
                    # Patience runs from the first queue on; being moved to another one does not renew it.
                    self._patience = self._scheduler.after(self._habits.patience_ms, self._hang_up)
            case Sound.CONNECTED:
                self._end_patience()
                self._talk_left_ms = self._habits.talk(self._call.queue)
                self._talk(heard.at)
            case Sound.RETRIEVED:
                self._end_patience()
                self._talk(heard.at)
            case Sound.HELD | Sound.DISCONNECTED:
                self._talk_left_ms -= heard.at - self._talking_since
                self._then(None, 0)
                self._patience = self._scheduler.after(self._habits.patience_ms, self._hang_up)
            case Sound.ENDED:
                self._then(None, 0)
                self._end_patience()
            case Sound.PROMPT | Sound.KEY | Sound.MUSIC:
                pass

    def _questioned(self, node: str) -> None:
        self._questions += 1
        keys = self._habits.keys.get(node, "")
        fed_up = self._answers.get(node, 0) >= ANSWERS_TO_ONE_QUESTION or self._questions > QUESTIONS_MOST
        if fed_up or (not keys and self._habits.wants is None):
            self._then(self._hang_up, self._habits.key_delay())
        elif keys:
            self._answers[node] = self._answers.get(node, 0) + 1
            self._then(lambda: self._press(keys), self._habits.key_delay())

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
