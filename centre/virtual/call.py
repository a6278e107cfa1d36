"""One call on the simulated exchange: what it is doing, what its caller hears, what the caller can do about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from acd.events import OfferFailure
from centre.events import (
    CallerHungUp,
    CallerPressedExit,
    CallHeld,
    CallRetrieved,
    ConversationEnded,
    Event,
    KeysEntered,
    MessageTaken,
    PromptEnded,
    TransferAnswered,
    TransferFailed,
)
from centre.orders import Ask, CallOutside, HangUp, Speak, SpeakingOrder, TakeMessage, Wait
from centre.virtual.habits import CallerHabits
from centre.virtual.ports import Ear, Heard, Scheduler, Sound, Tell, Timer
from ivr import collect
from ivr.collect import KEYPAD, TYPED_AHEAD_MOST, Collector, Phase
from ivr.messages import masked

READING_CHARACTERS_PER_S = 14
"""About how fast a prompt is spoken and a page is read."""
SHORTEST_PROMPT_MS = 500
OUTSIDE_RINGS_MS = 6_000
"""After how long somebody outside answers."""


def prompt_ms(text: str) -> int:
    """How long it takes to speak ``text``, milliseconds."""
    return max(SHORTEST_PROMPT_MS, len(text) * 1000 // READING_CHARACTERS_PER_S)


class CallState(StrEnum):
    """What the caller would say is going on."""

    DIALLED = "dialled"
    """Nothing heard yet."""
    MENU = "menu"
    WAITING = "waiting"
    """In a queue, whether an agent's phone rings or not: the caller cannot tell."""
    TALKING = "talking"
    HELD = "held"
    RECORDED = "recorded"
    OUTSIDE = "outside"
    """Talking to somebody outside."""
    ENDED = "ended"


_TALKING = frozenset({CallState.TALKING, CallState.HELD})
"""With an agent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What every call of an exchange shares."""

    scheduler: Scheduler
    tell: Tell
    spoken: Callable[[str, str, Mapping[str, str]], str]
    """What a prompt says in a language, with these values."""
    outside: Callable[[str], OfferFailure | None]
    """What becomes of ringing a number outside, as the site names it; None: somebody answers."""


class VirtualCall:
    """One call. At any time one order is in force: a new one ends what the one before it was doing.

    =======================  ====================================================================
    in force                 ends by
    =======================  ====================================================================
    speak                    the last prompt's end, or a key where it may interrupt → PromptEnded
    speak, ask, in a queue   also a phone's ringing for the call: music
    speak, nothing           keys are typed ahead: the first of the next question, if it takes them
    ask                      the keypad's table (:mod:`ivr.collect`) → KeysEntered
    wait                     the next order; its prompts are followed by music; its keys → CallerPressedExit
    take message             one of its keys, the longest time or the caller's hanging up → MessageTaken
    call outside             somebody's answering or not → TransferAnswered, TransferFailed
    connected, held          either side's hanging up, or the agent's alone → ConversationEnded
    hang up                  its prompts' end → CallerHungUp
    any                      the caller's hanging up → CallerHungUp, ConversationEnded
    =======================  ====================================================================
    """

    def __init__(
        self,
        world: World,
        call: str,
        *,
        ear: Ear,
        habits: CallerHabits | None,
        gone: Callable[[VirtualCall], None],
    ) -> None:
        self.id = call
        self.habits = habits
        """Of a caller whom the machine plays; None: a person."""
        self.state = CallState.DIALLED
        self.ringing: list[str] = []
        """The agents whose phones ring for this call."""
        self.agent: str | None = None
        """Whose phone is connected to it."""
        self.queue = ""
        """The queue that the call waits in, or was answered from."""
        self._world = world
        self._ear = ear
        self._gone = gone
        self._timer: Timer | None = None
        self._speak: Speak | None = None
        self._ask: Ask | None = None
        self._collector: Collector | None = None
        self._wait_keys = ""
        self._node = ""
        """The node of the flow that has those keys."""
        self._recording: TakeMessage | None = None
        self._recording_since = 0
        self._secrets: dict[int, str] = {}
        self._typed_ahead = ""

    def secret(self, step: int) -> str | None:
        """What the caller entered at the sensitive question with this step."""
        return self._secrets.get(step)

    @property
    def keys_so_far(self) -> int | None:
        """How many keys the present question has got; None: no question is open."""
        return None if self._collector is None else len(self._collector.keys)

    @property
    def is_asked(self) -> bool:
        """Whether a question is out: spoken to its end, or cut short by a key."""
        return self._collector is not None and self._collector.phase is not Phase.PROMPTING

    # The centre's orders.

    def speak(self, order: Speak) -> None:
        """Speaks, then says so."""
        self._begin(CallState.WAITING if order.in_queue else CallState.MENU)
        self._speak = order
        self._say(order, self._spoken)

    def ask(self, order: Ask) -> None:
        """Speaks and gathers keys."""
        self._begin(CallState.WAITING if order.in_queue else CallState.MENU)
        self._ask = order
        self._collector = collect.begin(order.keys, self._now(), prompt_playing=bool(order.prompts))
        typed = self._typed_ahead if order.keys.type_ahead else ""
        self._collector, self._typed_ahead = collect.typed_ahead(self._collector, typed, self._now())
        if self._collector.stop_prompt:
            self._gathered(self._collector)
        else:
            self._say(order, self._question_out)

    def wait(self, order: Wait) -> None:
        """Prompts, then music."""
        # Keys count that were pressed while it was spoken to in the queue, not those from before.
        waits = self.state is CallState.WAITING
        early = next((key for key in self._typed_ahead if key in order.keys), None) if waits else None
        entered = not waits or order.queue != self.queue
        self._begin(CallState.WAITING)
        self._typed_ahead = ""
        self.queue, self._wait_keys, self._node = order.queue, order.keys, order.node
        if entered:
            self._hear(Sound.QUEUED, order.queue)
        self._say(order, self._music)
        if early is not None:
            self._world.tell(CallerPressedExit(call=self.id, key=early))

    def cut_off(self) -> None:
        """A phone rings for it: music, whatever the caller was hearing while waiting."""
        if self.state is CallState.WAITING and (self._speak is not None or self._ask is not None):
            self._begin(CallState.WAITING)
            self._typed_ahead = ""
            self._music()

    def take_message(self, order: TakeMessage) -> None:
        """Speaks, sounds the tone and listens."""
        self._begin(CallState.MENU)
        self._say(order, lambda: self._listen(order))

    def call_outside(self, order: CallOutside) -> None:
        """Speaks, then rings the number outside."""
        self._begin(CallState.MENU)
        self._say(order, lambda: self._ring_outside(order))

    def let_go(self, order: HangUp) -> None:
        """Speaks the last words and hangs up."""
        talking = self.state in _TALKING
        self._begin(self.state)
        self._say(order, lambda: self._end("agent" if talking else "centre"))

    def connect(self, name: str) -> None:
        """The caller hears the agent called ``name``."""
        self._begin(CallState.TALKING)
        self._hear(Sound.CONNECTED, name)

    def disconnect(self) -> None:
        """The caller waits on: the offer turned out to be void."""
        self._begin(CallState.WAITING)
        self._hear(Sound.DISCONNECTED)
        self._music()

    def part(self) -> None:
        """The agent is gone, and the caller is to stay."""
        self._begin(CallState.MENU)
        self._typed_ahead = ""
        self._hear(Sound.PARTED)
        self._world.tell(ConversationEnded(call=self.id, by="agent", caller_there=True))

    def hold(self) -> None:
        """Music instead of the agent."""
        if self.state is CallState.TALKING:
            self.state = CallState.HELD
            self._hear(Sound.HELD)
            self._world.tell(CallHeld(call=self.id))

    def retrieve(self) -> None:
        """The agent again."""
        if self.state is CallState.HELD:
            self.state = CallState.TALKING
            self._hear(Sound.RETRIEVED)
            self._world.tell(CallRetrieved(call=self.id))

    # The caller's doings.

    def press(self, key: str) -> None:
        """The caller presses a key; what is on no keypad, or comes when no key is wanted, changes nothing."""
        if self.state is CallState.ENDED or key not in KEYPAD:
            return
        # What is pressed ahead may turn out to be a PIN.
        gathers = self.state is CallState.MENU or self._speak is not None or self._ask is not None
        secret = gathers and (self._ask is None or self._ask.keys.sensitive)
        self._hear(Sound.KEY, masked(key) if secret else key)
        if self._collector is not None and self._collector.end is None:
            self._gathered(collect.key(self._collector, key, self._now()))
        elif self._recording is not None:
            if key in self._recording.keys:
                self._recorded()
        elif self.state is CallState.WAITING and not gathers:
            if key in self._wait_keys:
                self._world.tell(CallerPressedExit(call=self.id, key=key))
        elif gathers:
            self._typed_ahead = (self._typed_ahead + key)[:TYPED_AHEAD_MOST]
            if self._speak is not None and self._speak.barge_in:
                self._spoken()

    def hang_up(self) -> None:
        """The caller hangs up; harmless when the call is over."""
        self._end("caller")

    def refuse(self) -> None:
        """There is no line for this caller."""
        self._begin(CallState.ENDED)
        self._hear(Sound.ENDED, "line")

    # What becomes of them.

    def _begin(self, state: CallState) -> None:
        """Ends what is going on."""
        if self._timer is not None:
            self._stop()
        self._speak = self._ask = self._collector = self._recording = None
        self.state = state

    def _say(self, order: SpeakingOrder, then: Callable[[], None], number: int = 0) -> None:
        """Speaks the order's prompts from the one with this number on."""
        if number == len(order.prompts):
            then()
            return
        text = self._world.spoken(order.prompts[number], order.language, order.values)
        self._hear(Sound.PROMPT, text, order.language)
        self._after(prompt_ms(text), lambda: self._say(order, then, number + 1))

    def _spoken(self) -> None:
        order = self._speak
        assert order is not None
        self._begin(self.state)
        self._world.tell(PromptEnded(call=self.id, step=order.step))

    def _question_out(self) -> None:
        assert self._collector is not None
        self._ear(Heard(at=self._now(), sound=Sound.SILENCE, ask=self._ask))
        self._gathered(collect.prompt_ended(self._collector, self._now()))

    def _gathered(self, collector: Collector) -> None:
        self._collector = collector
        if collector.done:
            assert self._ask is not None
            entered = collector.entered(self._ask.step)
            if collector.rules.sensitive:
                self._secrets[self._ask.step] = collector.keys
            self._begin(self.state)
            self._world.tell(KeysEntered(call=self.id, step=entered.step, keys=entered.keys, end=entered.end))
        elif collector.deadline is not None:
            # Replaces the rest of an interrupted prompt, or the deadline before.
            self._after(collector.deadline - self._now(), self._no_more_keys)

    def _no_more_keys(self) -> None:
        collector = self._collector
        assert collector is not None
        assert collector.deadline is not None
        # The timer is the deadline, even where the clock that is read is a hair behind the one that fired.
        self._gathered(collect.timer(collector, max(self._now(), collector.deadline)))

    def _listen(self, order: TakeMessage) -> None:
        self._begin(CallState.RECORDED)
        self._recording, self._recording_since = order, self._now()
        if order.sensitive:
            self._secrets[order.step] = order.message
        self._ear(Heard(at=self._now(), sound=Sound.TONE if order.beep else Sound.SILENCE, take=order))
        self._after(order.longest_ms, self._recorded)

    def _recorded(self, *, hung_up: bool = False) -> None:
        """The message is over. It is as long as the caller stayed: nobody hears the silence here."""
        order = self._recording
        assert order is not None
        length_ms = self._now() - self._recording_since
        self._begin(CallState.MENU)
        self._world.tell(MessageTaken(call=self.id, step=order.step, length_ms=length_ms, hung_up=hung_up))

    def _ring_outside(self, order: CallOutside) -> None:
        why = self._world.outside(order.number)
        if why is None and order.ring_ms >= OUTSIDE_RINGS_MS:
            self._after(OUTSIDE_RINGS_MS, lambda: self._outside_answers(order.number))
        else:
            failed = TransferFailed(call=self.id, why=why or OfferFailure.NO_ANSWER)
            self._after(order.ring_ms, lambda: self._world.tell(failed))

    def _outside_answers(self, number: str) -> None:
        self._begin(CallState.OUTSIDE)
        self._hear(Sound.OUTSIDE, number)
        self._world.tell(TransferAnswered(call=self.id))

    def _music(self) -> None:
        self._ear(Heard(at=self._now(), sound=Sound.MUSIC, node=self._node))

    def _end(self, by: str) -> None:
        if self.state is CallState.ENDED:
            return
        if self._recording is not None:
            self._recorded(hung_up=True)
        talking = self.state in _TALKING
        event: Event = ConversationEnded(call=self.id, by=by) if talking else CallerHungUp(call=self.id)
        self._begin(CallState.ENDED)
        self._gone(self)
        self._hear(Sound.ENDED, by)
        self._world.tell(event)

    def _hear(self, sound: Sound, text: str = "", language: str = "") -> None:
        self._ear(Heard(at=self._world.scheduler.now(), sound=sound, text=text, language=language))

    def _now(self) -> int:
        return self._world.scheduler.now()

    def _after(self, delay_ms: int, do: Callable[[], None]) -> None:
        self._stop()
        self._timer = self._world.scheduler.after(max(delay_ms, 0), do)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
