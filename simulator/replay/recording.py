"""Makes a recorded day of what a centre was told and what it decided: of its journal, or of a run of the twin."""

from __future__ import annotations

from collections.abc import Iterable

from acd.effects import OfferEnd
from centre.effects import (
    Abandoned,
    Answered,
    Ask,
    CallEnded,
    Effect,
    FetchData,
    Handled,
    LookUpCustomer,
    OfferEnded,
    Queued,
    Released,
    Speak,
    Wait,
)
from centre.events import (
    AgentNotReady,
    AgentReady,
    AgentSignedIn,
    AgentSignedOut,
    CallAdopted,
    CallArrived,
    CallerHungUp,
    CallerPressedExit,
    CustomerFound,
    DataFailed,
    DataFetched,
    Event,
    KeysEntered,
    OfferRinging,
    PromptEnded,
    WrapUpExtended,
)
from centre.orders import Ring as RingOrder
from simulator.replay.day import Answer, Fetched, RecordedCall, RecordedDay, Ring, RingEnd, WaitEnd, Wish

LEAD_IN_MS = 2 * 3_600_000
"""How long before the day its replay begins, so that the centre is not empty at midnight."""
LOOK_BACK_MS = 36 * 3_600_000
"""How long before the day the journal is read: who is at work is known by then."""

_WISHES = (AgentSignedIn, AgentSignedOut, AgentReady, AgentNotReady)
_RINGS = {
    OfferEnd.DECLINED: RingEnd.DECLINED,
    OfferEnd.NO_ANSWER: RingEnd.MISSED,
    OfferEnd.BUSY: RingEnd.MISSED,
    OfferEnd.WITHDRAWN: RingEnd.WITHDRAWN,
}


class Recorder:
    """Follows a centre, event by event, and keeps one day of it."""

    def __init__(self, start: int, end: int, *, segment_by: str = "") -> None:
        """From ``start`` to ``end`` (Unix milliseconds). ``segment_by``: a column of the customer records."""
        self._start = start
        self._end = end
        self._since = start - LEAD_IN_MS
        self._segment_by = segment_by
        self._calls: dict[str, RecordedCall] = {}
        self._wishes: list[tuple[int, Wish]] = []
        self._at_work: dict[str, list[Wish]] = {}
        self._asked: dict[str, tuple[int, Ask | Speak | FetchData | LookUpCustomer]] = {}
        """Call to the menu's order or request at hand, and when it was given."""
        self._queued_at: dict[str, int] = {}
        self._rings: dict[str, tuple[int, str, str]] = {}
        """Offer to the time it rings since, its call and its agent."""
        self._wrapping: dict[str, str] = {}
        """Agent to the call answered last."""

    def see(self, event: Event, at: int, effects: Iterable[Effect]) -> None:
        """One event at ``at`` (Unix milliseconds), and what came of it."""
        if isinstance(event, _WISHES):
            self._wish(event, at)
        elif self._since <= at:
            self._take(event, at)
        for effect in effects:
            self._note(effect, at)

    def day(self, source: str) -> RecordedDay:
        """What was seen."""
        before = [(self._since, wish) for wishes in self._at_work.values() for wish in wishes]
        return RecordedDay(
            start=self._start,
            end=self._end,
            since=self._since,
            calls=tuple(sorted(self._calls.values(), key=lambda call: call.at)),
            wishes=(*before, *self._wishes),
            source=source,
            walks_the_menu=True,
        )

    def _wish(self, wish: Wish, at: int) -> None:
        if at >= self._since:
            self._wishes.append((at, wish))
        elif isinstance(wish, AgentSignedOut):
            self._at_work.pop(wish.agent, None)
        elif isinstance(wish, AgentSignedIn):
            self._at_work[wish.agent] = [wish]
        else:
            self._at_work[wish.agent] = [AgentSignedIn(agent=wish.agent), wish]

    def _take(self, event: Event, at: int) -> None:
        match event:
            case CallArrived() | CallAdopted():
                if event.call not in self._calls and at < self._end:
                    self._calls[event.call] = RecordedCall(at=at, arrival=event)
            case CallerHungUp() if event.call in self._calls and event.call not in self._queued_at:
                call = self._calls[event.call]
                if call.end is WaitEnd.NEVER:  # who was turned away did not leave by themselves
                    call.left_menu_ms = at - call.at
            case CallerPressedExit() if event.call in self._calls and event.call in self._queued_at:
                call = self._calls[event.call]
                call.exit_ms, call.exit_key = at - self._queued_at[event.call], event.key
            case CustomerFound() if event.call in self._calls:
                call = self._calls[event.call]
                call.customer, call.customer_ms = event.customer, at - call.at
                call.segment = event.customer.get(self._segment_by, "")
            case PromptEnded() | KeysEntered() | DataFetched() | DataFailed():
                self._answered_menu(event, at)
            case OfferRinging() if event.offer in self._rings:
                _, *of = self._rings[event.offer]
                self._rings[event.offer] = (at, of[0], of[1])
            case WrapUpExtended() if event.agent in self._wrapping:
                self._calls[self._wrapping[event.agent]].extended_ms += event.extra_ms
            case _:
                pass

    def _answered_menu(self, event: PromptEnded | KeysEntered | DataFetched | DataFailed, at: int) -> None:
        since, order = self._asked.get(event.call, (0, None))
        call = self._calls.get(event.call)
        if call is None or order is None or order.step != event.step:
            return
        if isinstance(order, Ask) and isinstance(event, KeysEntered):
            answer = Answer(after_ms=at - since, keys=event.keys, end=event.end)
            call.answers.setdefault(order.node, []).append(answer)
        elif isinstance(order, Speak) and isinstance(event, PromptEnded):
            call.spoken.setdefault(order.prompts, []).append(at - since)
        elif isinstance(order, FetchData | LookUpCustomer) and isinstance(event, DataFetched | DataFailed):
            call.fetched.setdefault(order.node, []).append(Fetched(after_ms=at - since, answer=event))

    def _note(self, effect: Effect, at: int) -> None:
        call = self._calls.get(effect.record.call if isinstance(effect, CallEnded) else getattr(effect, "call", ""))
        if call is None:
            return
        match effect:
            case Ask() | Speak() | FetchData() | LookUpCustomer():
                self._asked[effect.call] = (at, effect)
            case Queued():
                call.queue = call.queue or effect.queue
                call.to_queue_ms = self._queued_at.setdefault(effect.call, effect.waiting_since) - call.at
            case Wait() if effect.call not in self._queued_at or effect.queue == call.queue:
                call.queue = call.queue or effect.queue
                call.to_queue_ms = self._queued_at.setdefault(effect.call, effect.waiting_since) - call.at
                call.needs, call.priority = effect.needs, effect.priority
            case RingOrder() | OfferEnded():
                self._note_ring(call, effect, at)
            case Answered():
                since, _, agent = self._rings.pop(effect.offer, (at, "", effect.agent))
                call.rings.append(Ring(agent=agent, how=RingEnd.ACCEPTED, after_ms=at - since))
                call.end, call.waited_ms, call.agent = WaitEnd.ANSWERED, effect.waited_ms, effect.agent
                self._wrapping[effect.agent] = effect.call
            case Abandoned():
                call.end, call.waited_ms = WaitEnd.ABANDONED, effect.waited_ms
            case Released():
                call.end, call.waited_ms = WaitEnd.RELEASED, effect.waited_ms
            case CallEnded() if effect.record.answered_at is not None:
                call.talk_ms = effect.record.talk_ms + effect.record.hold_ms
                call.agent_hung_up = effect.record.ended_by == "agent"
            case Handled():
                call.wrap_up_ms = effect.wrap_up_ms
            case _:
                pass

    def _note_ring(self, call: RecordedCall, effect: RingOrder | OfferEnded, at: int) -> None:
        if isinstance(effect, RingOrder):
            self._rings[effect.offer] = (at, effect.call, effect.agent)
        elif effect.offer in self._rings:
            since, _, agent = self._rings.pop(effect.offer)
            if effect.how in _RINGS:
                call.rings.append(Ring(agent=agent, how=_RINGS[effect.how], after_ms=at - since))
