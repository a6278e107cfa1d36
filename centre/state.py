"""What a centre remembers: its calls, its offers, the routing core and the counters."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

from acd import effects as acd_effects
from acd.engine import Acd
from acd.estimate import Estimates
from acd.metrics import Metrics
from acd.setup import AcdSetup, QueueSetup
from centre.calls import Call, CallRecord, OfferRecord, Outcome, Phase
from centre.effects import CallChanged, CallEnded, Effect
from centre.numbers import NumberRules
from centre.paces import Paces
from centre.replies import Replies
from centre.tries import Tries, counted_as
from ivr.flow import Flow
from ivr.logic import Limit
from ivr.messages import AskLimit
from ivr.reach import speaks_of_waits
from ivr.records import replace
from ivr.session import Session
from ivr.waiting import Outlook

_OVER_KEPT_MS = 10 * 60_000
"""So long a line may take to carry out the end of a callback: until its link is back, or the next engine has come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CentreSetup:
    """What a centre is built from; ``config`` makes it."""

    acd: AcdSetup
    flows: Mapping[str, Flow]
    """By digest: a call keeps to the flow it began with."""
    entry: str
    """The digest of the flow that a new call begins with."""
    numbers: NumberRules | None = None
    """What may be dialled; None: nothing, and nobody is called back."""
    recorded: frozenset[str] = frozenset()
    """The queues whose conversations are recorded, on lines that can."""
    pace_kept_ms: int = 0
    """So long after a call whose caller needed more time the next one of theirs begins with it."""


class State:
    """Everything that changes. Plain data: copy or pickle it anywhere, it goes on alike."""

    def __init__(self, setup: CentreSetup, *, estimates: bool = True) -> None:
        """``estimates``: somebody besides the flows wants to know what is expected of waits."""
        self.setup = setup
        self.agents = _agents(setup)
        """The agents of the setup."""
        self.prepared: dict[str, CentreSetup] = {}
        """Setups that the centre may be told to change to, by their names."""
        self.acd = Acd(setup.acd)
        self.metrics = Metrics(queues=setup.acd.queues, agents=setup.acd.agents)
        self.estimates = Estimates(self.acd)
        self._learns_waits = estimates or _speaks_of_waits(setup)
        self.calls: dict[str, Call] = {}
        """Every call that has not ended, by id, oldest first."""
        self.offers: dict[str, str] = {}
        """Offer to its call, while the phone rings."""
        self.exchanges: dict[str, str] = {}
        """By line: which life of its exchange was last heard of."""
        self.callbacks: dict[str, str] = {}
        """Number (E.164) to the call by which its owner is to be called back, or will be once the present call ends."""
        self._callbacks_over: dict[str, int] = {}
        """Callbacks that ended lately without a talk, oldest first, each with when."""
        self._paces = Paces()
        self.tries = Tries(counters(setup.flows.values()))
        """What is limited over all calls."""
        self.replies = Replies()
        self._music: list[tuple[int, str, int]] = []
        """A heap of (when the music is over, call, step), with some that were cut off."""
        self.arrived = 0
        self.called_back = 0
        """Callbacks that were asked for: calls of their own."""
        self.ended = 0
        """Calls that are over for their callers."""
        self.now = 0

    def note(self, effects: Iterable[acd_effects.Effect]) -> None:
        """Counts, and learns from, what the routing core has done. Learning what to expect of waits costs more than all
        else together, so it is left out where nobody will ask."""
        for effect in effects:
            self.metrics.note(effect, self.now)
            if self._learns_waits:
                self.estimates.note(effect, self.now)

    def caller_of(self, number: str) -> str:
        """Who calls from ``number``: the same text for the same caller, however the number is written."""
        rules = self.setup.numbers
        return (rules.dialable(number) if rules is not None else None) or number

    def pace_of(self, number: str) -> int:
        """How many times as long as others who calls from ``number`` is known to need."""
        return self._paces.of(self.caller_of(number), self.now, self.setup.pace_kept_ms) if number else 1

    def may_try(self, ask: AskLimit) -> bool:
        """Whether the try is allowed, which counts then: for the same account or caller, however it is written."""
        whose = counted_as(ask.whose, self.setup.numbers)
        return self.tries.allow(ask.counter, whose, most=ask.most, within_ms=ask.within_ms, now=self.now)

    def queue(self, queue: str) -> QueueSetup | None:
        """One queue; None if there is none of this id."""
        return next((setup for setup in self.setup.acd.queues if setup.id == queue), None)

    def outlook(self, call: Call) -> Outlook:
        """What a caller who waits may be told now."""
        name = call.record.call
        found = self.estimates.of(name, self.now)
        if found is None:
            return Outlook(position=self.acd.position(name), median_ms=None, bound_ms=None)
        return Outlook(position=found.position, median_ms=found.median_ms, bound_ms=found.bound_ms)

    def play_music(self, call: Call, for_ms: int | None) -> None:
        """The call hears music for so long (None: until something else happens)."""
        if for_ms is not None:
            heappush(self._music, (self.now + for_ms, call.record.call, call.session.step))

    def next_due(self) -> int | None:
        """When something falls due next, Unix milliseconds."""
        core = self.acd.next_due()
        while self._music and self._hears(self._music[0]) is None:
            heappop(self._music)
        if not self._music:
            return core
        music = self._music[0][0]
        return music if core is None else min(core, music)

    def music_over(self) -> Iterator[tuple[Call, int]]:
        """The calls whose music is over by now, each with its step, one after the other."""
        while self._music and self._music[0][0] <= self.now:
            played = heappop(self._music)
            call = self._hears(played)
            if call is not None:
                yield call, played[2]

    def put_off(self, due: int, until: int) -> list[Effect]:
        """What falls due up to ``due`` falls due at ``until`` instead; that has no effects."""
        self.acd.put_off(due, until)
        self._music = [(until if at <= due else at, call, step) for at, call, step in self._music]
        heapify(self._music)
        return []

    def _hears(self, played: tuple[int, str, int]) -> Call | None:
        """The call, if it still hears this music."""
        _, name, step = played
        call = self.calls.get(name)
        still = call is not None and call.phase is Phase.WAITING and call.session.step == step
        return call if still else None

    def forget_callback(self, call: Call) -> None:
        """The customer who was to be called back by ``call``, or after it, no longer is."""
        if not self.callbacks:
            return
        for number, by in (
            (call.record.number, call.record.call),
            (call.wish and call.wish.number, call.record.callback),
        ):
            if number and self.callbacks.get(number) == by:
                del self.callbacks[number]

    def is_over(self, call: str) -> bool:
        """Whether ``call`` is a callback that came to nothing lately: the line may still have the customer there."""
        return call in self._callbacks_over

    def admit(self, session: Session, record: CallRecord) -> Call:
        """Takes in a new call."""
        call = self.calls[record.call] = Call(record=record, session=session)
        self.arrived += 1
        return call

    def end(self, call: Call, outcome: Outcome, by: str) -> list[Effect]:
        """The call is over for the caller, and no agent has anything left to do with it."""
        if call.record.asked_by:
            self.forget_callback(call)
            if call.record.answered_at is None:
                self._note_callback_over(call.record.call)
        elif call.record.number:
            caller = self.caller_of(call.record.number)
            self._paces.note(caller, call.session.pace, self.now, self.setup.pace_kept_ms)
        call.record = replace(call.record, ended_at=self.now, outcome=outcome, ended_by=by)
        del self.calls[call.record.call]
        self.ended += 1
        return [CallEnded(record=call.record), CallChanged(call=call.record.call)]

    def _note_callback_over(self, call: str) -> None:
        over = self._callbacks_over
        over[call] = self.now
        while self.now - over[first := next(iter(over))] > _OVER_KEPT_MS:
            del over[first]

    @property
    def queues(self) -> frozenset[str]:
        """The queues of the setup."""
        return frozenset(queue.id for queue in self.setup.acd.queues)

    def change_to(self, setup: CentreSetup) -> None:
        """Puts everything but the routing core under another setup. Calls keep to the flows they began with."""
        begun = {call.session.flow: self.setup.flows[call.session.flow] for call in self.calls.values()}
        self.setup = dataclasses.replace(setup, flows={**begun, **setup.flows})
        self.agents = _agents(setup)
        self.tries.share_among(counters(self.setup.flows.values()))
        self.metrics.reconfigure(setup.acd.queues, setup.acd.agents)
        self.estimates.reconfigure(setup.acd)
        self._learns_waits = self._learns_waits or _speaks_of_waits(setup)

    def end_hold(self, call: Call) -> None:
        """Counts the time on hold that ends now, if any."""
        if call.held_since is not None:
            held = self.now - call.held_since
            call.record = replace(call.record, hold_ms=call.record.hold_ms + held)
            call.held_since = None

    def offered(self, offer: str) -> Call | None:
        """The call that ``offer`` is current for."""
        call = self.calls.get(self.offers.get(offer, ""))
        return call if call is not None and offer in call.offers else None

    def ringing(self, agent: str) -> tuple[str, str] | None:
        """The call and the offer for which the phone of ``agent`` rings."""
        call = self.call_of(agent, Phase.OFFERED)
        offer = self.acd.offer_to(agent)
        return None if call is None or offer is None else (call.record.call, offer)

    def call_of(self, agent: str, *phases: Phase) -> Call | None:
        """The call that ``agent`` has before them, if it is in one of ``phases``."""
        call = self.calls.get(self.acd.call_of(agent) or "")
        return call if call is not None and call.phase in phases else None


def counters(flows: Iterable[Flow]) -> frozenset[str]:
    """What the limits of these flows count."""
    return frozenset(node.counter for flow in flows for node in flow.nodes.values() if isinstance(node, Limit))


def _agents(setup: CentreSetup) -> frozenset[str]:
    return frozenset(agent.id for agent in setup.acd.agents)


def _speaks_of_waits(setup: CentreSetup) -> bool:
    return any(speaks_of_waits(flow) for flow in setup.flows.values())


def noted_offer(record: CallRecord, offer: str, **changes: int | str) -> CallRecord:
    """The record with ``changes`` to what it says of one offer (fields of :class:`~centre.calls.OfferRecord`)."""
    return replace(record, offers=noted_offers(record, offer, **changes))


def noted_offers(record: CallRecord, offer: str, **changes: int | str) -> tuple[OfferRecord, ...]:
    """The offers of the record, one of them with ``changes``."""
    return tuple(
        replace(one, **changes) if one.offer == offer else one  # type: ignore[arg-type]
        for one in record.offers
    )
