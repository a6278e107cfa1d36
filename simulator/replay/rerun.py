"""Runs a recorded day through the rules of a site: the same callers at the same times, the same agents at work."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from centre.effects import Abandoned, Answered, FetchData, LookUpCustomer, Queued, Released
from centre.events import (
    AgentReady,
    AgentSignedIn,
    CallArrived,
    CallerPressedExit,
    CustomerFound,
    HangUpAsked,
    KeysEntered,
    OfferAccepted,
    OfferDeclined,
    PromptEnded,
    WrapUpExtended,
    WrapUpFinished,
)
from centre.machine import Centre
from centre.orders import Ask, Order, Speak
from centre.virtual.agent import COMES_BACK_MS
from centre.virtual.caller import SimulatedCaller, SimulatedCustomer
from centre.virtual.exchange import Phone
from centre.virtual.habits import CallerHabits
from centre.virtual.ports import Timer
from config.site import Site
from ivr import records
from ivr.flow import HangUp, Queue
from simulator.replay.casting import Casting
from simulator.replay.day import Fetched, RecordedCall, RecordedDay, Ring, RingEnd, WaitEnd, Wish
from simulator.stage import Stage

ANSWER_MS = 5_000
"""After which a customer who is called back answers: the record has only calls that came in."""
LINES = 100_000
"""The exchange carried the recorded callers; it carries them again."""


_NOTED: tuple[type, ...] = (Queued, Answered, Abandoned, Released)


@dataclass(slots=True, kw_only=True)
class CallOutcome:
    """What became of one caller."""

    queue: str = ""
    """The first queue."""
    end: WaitEnd = WaitEnd.NEVER
    waited_ms: int = 0
    agent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of the day."""

    outcomes: dict[str, CallOutcome]
    """By call."""
    centre: Centre
    """As it stood at the end: its counters know what every agent did."""


def rerun(site: Site, day: RecordedDay, casting: Casting) -> Run:
    """Runs ``day`` by the rules of ``site``."""
    stage = Rerun(site if day.walks_the_menu else _with_all_queues(site), day, casting)
    stage.run()
    stage.centre.metrics.book_until(day.end)
    return Run(outcomes=stage.results, centre=stage.centre)


class Rerun(Stage):
    """The recorded day on the stage."""

    def __init__(self, site: Site, day: RecordedDay, casting: Casting) -> None:
        observer = dict.fromkeys(_NOTED, self._note)
        super().__init__(site, name="replay", start=day.since, end=day.end, lines=LINES, observer=observer)
        self.results: dict[str, CallOutcome] = {}
        self.casting = casting
        self._cases: dict[str, _Case] = {}
        self._exchange.customer = self._customer
        known = {agent.id for agent in site.acd.agents}
        self._agents = {agent: _Agent(self, self._exchange.phone(agent)) for agent in sorted(known)}
        for at, wish in day.wishes:
            if wish.agent in known:
                self.after(at - day.since, partial(self._agents[wish.agent].wishes, wish))
        for call in day.calls:
            self.after(call.at - day.since, partial(self._dial, call))

    def after(self, delay_ms: int, do: Callable[[], None]) -> Timer:
        """Lets ``do`` happen so much later."""
        return self._timers.after(delay_ms, do)

    def case(self, call: str) -> _Case:
        """What is known of a call that is on the line; of a callback, nothing."""
        if call not in self._cases:
            unknown = CallArrived(call=call, line=self._exchange.line)
            self._cases[call] = _Case(self, RecordedCall(at=self._timers.now(), arrival=unknown))
        return self._cases[call]

    def _customer(self, number: str) -> SimulatedCustomer:
        """Whoever is to be called back answers, and talks as long as somebody else of the day."""
        return SimulatedCustomer(
            self._exchange, self._timers, self.case(f"callback/{number}").habits, lambda: ANSWER_MS
        )

    def _dial(self, call: RecordedCall) -> None:
        self.results[call.call] = CallOutcome()
        case = self._cases[call.call] = _Case(self, call)
        if call.customer is not None:
            self.after(call.customer_ms, partial(self.tell, CustomerFound(call=call.call, customer=call.customer)))
        if call.left_menu_ms is not None:
            self.after(call.left_menu_ms, partial(self._leave_menu, call.call))
        SimulatedCaller(self._exchange, self._timers, case.habits, arrival=call.arrival)

    def _leave_menu(self, call: str) -> None:
        """Who hung up in the menu does so again, unless the new menu has brought the caller to a queue by then."""
        on_line = self._exchange.calls.get(call)
        if on_line is not None and not self.results[call].queue:
            on_line.hang_up()

    def _press_exit(self, call: str) -> None:
        self.tell(CallerPressedExit(call=call, key=self._cases[call].call.exit_key))

    def carry_out(self, order: Order) -> None:
        """Questions and prompts are answered as on record; all else is up to the exchange."""
        case = self._cases.get(order.call)
        if case is None or not case.answer(order):
            self._exchange.carry_out(order)

    def fetch(self, request: FetchData | LookUpCustomer) -> None:
        """Other systems answer as on record; where that has no answer left, as the workload says."""
        case = self._cases.get(request.call)
        given = None if case is None else case.fetched(request.node)
        if given is None:
            super().fetch(request)
        else:
            answer = records.replace(given.answer, step=request.step)
            self.after(given.after_ms, partial(self.tell, answer))

    def _note(self, effect: Queued | Answered | Abandoned | Released, _: int) -> None:
        if effect.call not in self.results:
            return  # a callback
        match effect:
            case Queued():
                outcome = self.results[effect.call]
                if not outcome.queue:
                    outcome.queue = effect.queue
                    exit_ms = self._cases[effect.call].call.exit_ms
                    if exit_ms is not None:
                        self.after(exit_ms, partial(self._press_exit, effect.call))
            case Answered():
                self._ended(effect.call, effect.queue, WaitEnd.ANSWERED, effect.waited_ms)
                self.results[effect.call].agent = effect.agent
            case Abandoned():
                self._ended(effect.call, effect.queue, WaitEnd.ABANDONED, effect.waited_ms)
            case Released():
                self._ended(effect.call, effect.queue, WaitEnd.RELEASED, effect.waited_ms)

    def _ended(self, call: str, queue: str, end: WaitEnd, waited_ms: int) -> None:
        outcome = self.results[call]
        outcome.queue = outcome.queue or queue
        outcome.end, outcome.waited_ms = end, waited_ms


class _Case:
    """One recorded caller on the stage."""

    def __init__(self, stage: Rerun, call: RecordedCall) -> None:
        self.call = call
        self._stage = stage
        self._handling = stage.casting.handling(call)
        self._answers = {node: deque(answers) for node, answers in call.answers.items()}
        self._spoken = {prompts: deque(times) for prompts, times in call.spoken.items()}
        self._fetched = {node: deque(answers) for node, answers in call.fetched.items()}
        self._rings = 0
        self.habits = CallerHabits(
            wants=call.queue or None,
            keys={},
            key_delay=lambda: 0,
            patience_ms=stage.casting.patience_ms(call),
            talk=lambda _queue, _agent: self._handling.talk_ms,
            hangs_up_first=not call.agent_hung_up,
            rings=lambda: None,
            wrap_up=lambda _queue, _agent: self._handling.wrap_up_ms,
        )

    @property
    def extended_ms(self) -> int:
        """What the agent asks for on top of the queue's wrap-up."""
        return self._handling.extended_ms

    def next_ring(self) -> tuple[Ring, bool]:
        """How the next ring is taken, and whether that is on record."""
        self._rings += 1
        return self._stage.casting.ring(self.call, self._rings - 1)

    def fetched(self, node: str) -> Fetched | None:
        """The next answer to a request of ``node``; None: there is none left."""
        left = self._fetched.get(node)
        return left.popleft() if left else None

    def answer(self, order: Order) -> bool:
        """Answers a question or lets a prompt end, later, as on record; False where the record has no answer left."""
        if isinstance(order, Ask) and self._answers.get(order.node):
            given = self._answers[order.node].popleft()
            entered = KeysEntered(call=order.call, step=order.step, keys=given.keys, end=given.end)
            self._stage.after(given.after_ms, partial(self._stage.tell, entered))
            return True
        if isinstance(order, Speak) and self._spoken.get(order.prompts):
            after_ms = self._spoken[order.prompts].popleft()
            self._stage.after(after_ms, partial(self._stage.tell, PromptEnded(call=order.call, step=order.step)))
            return True
        return False


class _Agent:
    """An agent who wants what the record says, and takes each ring as the caller's record has it."""

    def __init__(self, stage: Rerun, phone: Phone) -> None:
        self._stage = stage
        self._phone = phone
        self._agent = phone.agent
        self._is_ready = False
        """What the agent wants."""
        self._doing: Timer | None = None
        self._missed_on_record = False
        self._talked_to: _Case | None = None
        phone.player = self

    def wishes(self, wish: Wish) -> None:
        """What the agent wants from now on."""
        if not isinstance(wish, AgentSignedIn):
            self._is_ready = isinstance(wish, AgentReady)
        self._stage.tell(wish)

    # The phone (centre.virtual.habits.AgentSide).

    def rings(self, caller: CallerHabits | None) -> None:  # noqa: ARG002 - the record knows more than the habits
        """Accepts, declines or lets it ring."""
        assert self._phone.offer is not None
        ring, on_record = self._stage.case(self._phone.offer.call).next_ring()
        self._missed_on_record = on_record and ring.agent == self._agent
        match ring.how:
            case RingEnd.ACCEPTED:
                self._then(ring.after_ms, partial(self._stage.tell, OfferAccepted(agent=self._agent)))
            case RingEnd.DECLINED:
                self._then(ring.after_ms, partial(self._stage.tell, OfferDeclined(agent=self._agent)))
            case RingEnd.MISSED | RingEnd.WITHDRAWN:
                self._stop()

    def stops(self) -> None:
        """An agent who missed a call on record came back as recorded; any other makes sure to be ready after a while:
        who misses calls is set not-ready."""
        self._stop()
        if not self._missed_on_record:
            self._then(COMES_BACK_MS, self._come_back)

    def connected(self, queue: str, caller: CallerHabits | None) -> None:  # noqa: ARG002 - as above
        """Talks; the caller ends it."""
        assert self._phone.offer is not None
        self._stop()
        self._talked_to = self._stage.case(self._phone.offer.call)

    def goodbye(self) -> None:
        """Hangs up."""
        self._then(0, partial(self._stage.tell, HangUpAsked(agent=self._agent)))

    def conversation_over(self) -> None:
        """Wraps up for as long as on record."""
        assert self._talked_to is not None
        if self._talked_to.extended_ms:
            extended = WrapUpExtended(agent=self._agent, extra_ms=self._talked_to.extended_ms)
            self._stage.after(0, partial(self._stage.tell, extended))
        wrap_up_ms = self._talked_to.habits.wrap_up("", self._agent)
        self._then(wrap_up_ms, partial(self._stage.tell, WrapUpFinished(agent=self._agent)))

    def _come_back(self) -> None:
        if self._is_ready:
            self._stage.tell(AgentReady(agent=self._agent))

    def _then(self, delay_ms: int, do: Callable[[], None]) -> None:
        self._stop()
        self._doing = self._stage.after(delay_ms, do)

    def _stop(self) -> None:
        if self._doing is not None:
            self._doing.cancel()
            self._doing = None


def _with_all_queues(site: Site) -> Site:
    """The site with a node for each queue in the flow that calls begin with, so that callers can be put into it."""
    flow = site.entry_flow
    named = {node.queue for node in flow.nodes.values() if isinstance(node, Queue)}
    missing = [queue.id for queue in site.acd.queues if queue.id not in named]
    more = {f"/{queue}": Queue(queue=queue, otherwise="/end") for queue in missing}
    extended = replace(flow, nodes={**flow.nodes, **more, "/end": HangUp()})
    return replace(site, flows={**site.flows, site.entry: extended})
