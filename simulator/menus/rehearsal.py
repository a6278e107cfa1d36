"""One call through a flow, step by step, with whoever rehearses in the place of line, queue and other systems.

Prompts take no time here and nothing is waited for: the clock moves when it is told to.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from enum import StrEnum

from acd.effects import Exit
from centre.numbers import NumberRules
from centre.state import counters
from centre.tries import Tries, counted_as
from ivr import collect, engine
from ivr.collect import Collector
from ivr.flow import Flow, outcomes
from ivr.messages import (
    Ask,
    AskCallback,
    AskLimit,
    CallbackDecided,
    CallbackVerdict,
    CallOutside,
    ConversationOver,
    Disconnect,
    Effect,
    Event,
    FetchData,
    Fetched,
    FetchFailed,
    JoinQueue,
    KeyPressed,
    LeaveQueue,
    LeftQueue,
    LimitDecided,
    LookUpCustomer,
    MessageTaken,
    MusicOver,
    PlayMusic,
    Speak,
    SpeakingEffect,
    Spoken,
    TakeMessage,
    TransferEnded,
)
from ivr.waiting import Outlook

BETWEEN_KEYS_MS = 300
A_MINUTE = Outlook(position=1, median_ms=60_000, bound_ms=60_000)

Answer = Mapping[str, str] | str
"""What another system answers: values by name, or why it does not."""
Answers = Callable[[str, FetchData | LookUpCustomer], Answer]
"""Takes the node that asks and what it asks."""


class Stands(StrEnum):
    """What the call waits for."""

    ASKED = "asked for keys"
    QUEUED = "waiting in a queue"
    RECORDING = "leaving a message"
    TALKING = "talking to an agent"
    OUTSIDE = "ringing outside"
    ENDED = "over"


class NotNow(Exception):
    """What was to be done does not fit where the call stands; the text says where that is."""


class Rehearsal:
    """One call. ``heard`` takes each prompt as it is spoken, with its language and the values that it reads aloud."""

    def __init__(
        self,
        flow: Flow,
        *,
        at: int,
        answers: Answers,
        heard: Callable[[str, str, Mapping[str, str]], None],
        call: str = "rehearsal",
        number: str = "",
        dialled: str = "",
        outlook: Outlook | None = None,
        limited: Container[str] = (),
        numbers: NumberRules | None = None,
        agents: Container[str] | None = None,
    ) -> None:
        """``limited``: nodes at which nobody may try any more; elsewhere this is the first call that does.
        ``numbers``: the site's, by which two ways to write a telephone number are known to be the same. ``agents``:
        those of the site; None: whomever a flow transfers to is one.
        """
        self.flow = flow
        self.at = at
        self.nodes: list[str] = []
        """Every node that the call came to, in order."""
        self.stands = Stands.ENDED
        self.ended_by = ""
        """“flow”, “caller” or “agent”, once it is over."""
        self.outlook = outlook or A_MINUTE
        """What is expected of its wait, whenever the flow wants to know."""
        self._number = number
        self._answers = answers
        self._heard = heard
        self._collector: Collector | None = None
        self._typed_ahead = ""
        self._music_over: int | None = None
        self._wants: Effect | None = None
        self._transferred_to: str | None = None
        self._limited = limited
        self._tries = Tries(counters([flow]))
        self._numbers = numbers
        self._agents = agents
        self._unknown_agent = False
        """Whether the last transfer was to somebody who is no agent."""
        self.session, effects = engine.start(flow, at, call=call, number=number, dialled=dialled, trace=self.nodes)
        self._carry_out(effects)

    @property
    def where(self) -> str:
        """Where the call stands, in words."""
        waiting = "" if self.session.waiting_in is None else f" ({self.session.waiting_in})"
        return f"the call is {self.stands}{waiting} at “{self.session.node}”"

    @property
    def waits_in(self) -> str | None:
        """The queue that the call waits in, whatever it hears there."""
        return None if self.stands in (Stands.ENDED, Stands.TALKING) else self.session.waiting_in

    @property
    def transferred_to(self) -> str | None:
        """The agent, or the site's name of the number outside, to whom the call is being transferred."""
        return self._transferred_to if self.stands in (Stands.OUTSIDE, Stands.QUEUED) else None

    def edges(self) -> set[tuple[str, str]]:
        """The ways from node to node that the call went."""
        ways = {(name, to) for name, node in self.flow.nodes.items() for _, to in outcomes(node)}
        return ways & {(one, other) for one, other in zip(self.nodes, self.nodes[1:], strict=False)}

    # What a caller does.

    def press(self, keys: str) -> None:
        """Presses keys, one after the other. Where a call hears music, only those that it may be left by count."""
        for key in keys:
            if self.stands is Stands.TALKING:
                pass  # heard by the agent
            elif self.stands is Stands.QUEUED:
                if isinstance(self._wants, PlayMusic) and key in self._wants.keys:
                    self._tell(KeyPressed(key=key))
            elif self._collector is not None and self._collector.end is None:
                self._gathered(collect.key(self._collector, key, self.at))
            else:
                self._typed_ahead += key
            self.at += BETWEEN_KEYS_MS

    def wait(self, ms: int) -> None:
        """Does nothing for so long."""
        until = self.at + ms
        while (due := self._due) is not None and due <= until:
            self.at = due
            if self._collector is not None:
                self._gathered(collect.timer(self._collector, due))
            else:
                self._tell(MusicOver(step=self.session.step))
        self.at = until

    @property
    def _due(self) -> int | None:
        """When something happens if the caller does nothing."""
        return self._music_over if self._collector is None else self._collector.deadline

    def is_silent(self) -> None:
        """Waits until the question has had enough, or the music is over."""
        if self._due is not None:
            self.wait(self._due - self.at)

    def hang_up(self) -> None:
        """Hangs up."""
        self._over("caller")

    def speak_message(self, ms: int) -> None:
        """Leaves a message of so many milliseconds."""
        self._only(Stands.RECORDING)
        self._tell(MessageTaken(step=self.session.step, length_ms=ms))

    # What the centre does.

    def leave_queue(self, why: str) -> None:
        """The queue lets the call go without an agent, or nothing comes of a transfer to one."""
        if why == Exit.UNKNOWN_AGENT and self._unknown_agent:  # the site says so by itself: it has come to that
            self._unknown_agent = False
            return
        self._waiting()
        self._tell(LeftQueue(why=why))

    def rings_in_vain(self) -> None:
        """A phone rings for the call, which cuts off what it hears; nobody answers."""
        self._waiting()
        self._collector, self._music_over = None, None
        self.session, effects = engine.wait_on(
            self.flow, self.session, self.at, outlook=lambda: self.outlook, trace=self.nodes
        )
        self._carry_out(effects)

    def answer(self) -> None:
        """An agent answers, or somebody outside: the flow has done its part, unless it goes on afterwards."""
        if self.stands is Stands.OUTSIDE:
            self._tell(TransferEnded(step=self.session.step, answered=True))
            self._over("agent")
            return
        self._waiting()
        if engine.comes_back(self.flow, self.session):
            self._stand(Stands.TALKING)
        else:
            self._over("agent")

    def agent_hangs_up(self) -> None:
        """The conversation is over, and the caller still there."""
        self._only(Stands.TALKING)
        self._tell(ConversationOver())

    def nobody_outside(self) -> None:
        """The number outside does not answer."""
        self._only(Stands.OUTSIDE)
        self._tell(TransferEnded(step=self.session.step, answered=False))

    # What becomes of it.

    def _only(self, stands: Stands) -> None:
        if self.stands is not stands:
            raise NotNow(self.where)

    def _waiting(self) -> None:
        if self.waits_in is None:
            raise NotNow(self.where)

    def _over(self, by: str) -> None:
        if self.stands is not Stands.ENDED or not self.ended_by:
            self.stands, self.ended_by, self._collector, self._music_over = Stands.ENDED, by, None, None

    def _tell(self, event: Event) -> None:
        self._collector, self._music_over = None, None
        self.session, effects = engine.advance(
            self.flow, self.session, event, self.at, outlook=lambda: self.outlook, trace=self.nodes
        )
        self._carry_out(effects)

    def _gathered(self, collector: Collector) -> None:
        self._collector = collector
        if collector.done:
            self._collector = None
            self._tell(collector.entered(self.session.step))

    def _carry_out(self, effects: list[Effect]) -> None:  # noqa: PLR0912 - a line for each kind
        for effect in effects:
            self._wants = effect
            match effect:
                case Speak():
                    self._hear(effect)
                    self._tell(Spoken(step=effect.step))
                case Ask():
                    self._ask(effect)
                case JoinQueue(direct_ms=int(), preferred=agent) if not self._is_agent(agent):
                    self._tell(LeftQueue(why=Exit.UNKNOWN_AGENT))
                    self._unknown_agent = True
                case JoinQueue():
                    self._unknown_agent = False
                    self._transferred_to = None if effect.direct_ms is None else effect.preferred
                    self._stand(Stands.QUEUED, effect)
                    self.session, heard = engine.wait_on(
                        self.flow, self.session, self.at, outlook=lambda: self.outlook, trace=self.nodes
                    )
                    self._carry_out(heard)
                case PlayMusic():
                    self._stand(Stands.QUEUED)
                    self._music_over = None if effect.for_ms is None else self.at + effect.for_ms
                case LeaveQueue():
                    pass  # the next effect says what follows
                case TakeMessage():
                    self._stand(Stands.RECORDING, effect)
                case CallOutside():
                    self._transferred_to = effect.number
                    self._stand(Stands.OUTSIDE, effect)
                case Disconnect():
                    self._hear(effect)
                    self._over("flow")
                case AskCallback():
                    # Any number counts as one that may be dialled: what the site allows is not of the flow.
                    known = effect.number or self._number
                    verdict = CallbackVerdict.ACCEPTED if known else CallbackVerdict.INVALID
                    self._tell(CallbackDecided(step=effect.step, verdict=verdict))
                case AskLimit() as ask:
                    whose = counted_as(ask.whose, self._numbers)
                    allowed = self.session.node not in self._limited and self._tries.allow(
                        ask.counter, whose, most=ask.most, within_ms=ask.within_ms, now=self.at
                    )
                    self._tell(LimitDecided(step=ask.step, allowed=allowed))
                case FetchData() | LookUpCustomer():
                    answer = self._answers(self.session.node, effect)
                    if isinstance(answer, str):
                        self._tell(FetchFailed(step=effect.step, why=answer))
                    else:
                        self._tell(Fetched(step=effect.step, values=answer))

    def _is_agent(self, name: str) -> bool:
        return self._agents is None or name in self._agents

    def _ask(self, ask: Ask) -> None:
        self.stands, self._collector = Stands.ASKED, None
        collector = collect.begin(ask.keys, self.at, prompt_playing=bool(ask.prompts))
        typed = self._typed_ahead if ask.keys.type_ahead else ""
        collector, self._typed_ahead = collect.typed_ahead(collector, typed, self.at)
        if not collector.stop_prompt:
            self._hear(ask)
            collector = collect.prompt_ended(collector, self.at)
        self._gathered(collector)

    def _stand(self, stands: Stands, effect: SpeakingEffect | None = None) -> None:
        self.stands, self._collector, self._music_over, self._typed_ahead = stands, None, None, ""
        if effect is not None:
            self._hear(effect)

    def _hear(self, effect: SpeakingEffect) -> None:
        for prompt in effect.prompts:
            self._heard(prompt, effect.language, effect.values)
