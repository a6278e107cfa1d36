"""Whatever customers, lines and agents do about calling back, no call is lost and nobody is dialled twice."""

from __future__ import annotations

from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from acd.events import OfferFailure
from centre import events
from centre.calls import Phase
from centre.effects import CallEnded, DialCustomer, Effect, HangUp, Ring, StopDialling, StopRinging
from centre.events import DialFailure
from centre.machine import Centre
from config import load_site
from cti.journal.codec import decode_line, encode_entry, event_from_plain
from ivr.messages import EntryEnd

SITE = load_site(Path(__file__).parents[3] / "config" / "examples" / "callback")
START = 1_700_042_400_000
NUMBERS = ("+380501110001", "0501110001", "+380501110002", "")
AGENTS = ("ann", "bob")


class World(RuleBasedStateMachine):
    """A centre that calls back, and a line that knows what it was told to do."""

    @initialize()
    def begin(self) -> None:
        self.at = START
        self.count = 0
        self.centre = Centre(SITE.centre)
        self.again = Centre(SITE.centre)
        self.ended: set[str] = set()
        self.rings: dict[str, Ring] = {}
        self.dials: dict[str, DialCustomer] = {}
        for agent in AGENTS:
            self.an_agent_comes(agent)

    def tell(self, event: events.Event) -> list[Effect]:
        effects = self.centre.apply(event, self.at)
        line = decode_line(encode_entry(1, self.at, event, effects))
        assert self.again.apply(event_from_plain(line["event"]), self.at) == effects, "the journal tells the same"
        for effect in effects:
            self.carry_out(effect)
        return effects

    def carry_out(self, effect: Effect) -> None:
        match effect:
            case CallEnded(record=record):
                assert record.call not in self.ended, "a call ends once"
                self.ended.add(record.call)
                assert record.call not in self.dials, "nobody is dialled for a call that is over"
            case Ring():
                assert all(ring.agent != effect.agent for ring in self.rings.values()), "one agent, one phone"
                self.rings[effect.offer] = effect
            case StopRinging():
                self.rings.pop(effect.offer, None)
            case DialCustomer():
                assert effect.call not in self.dials, "one customer, one dial"
                assert all(effect.number != dial.number for dial in self.dials.values()), "one number, one dial"
                self.dials[effect.call] = effect
            case StopDialling():
                self.dials.pop(effect.call, None)
            case HangUp(call=call) if call in self.centre.calls and self.centre.calls[call].phase is Phase.MENU:
                pass

    @rule(number=st.sampled_from(NUMBERS))
    def somebody_calls(self, number: str) -> None:
        self.count += 1
        self.tell(events.CallArrived(call=f"c{self.count}", line="test", number=number))

    def some(self, data: st.DataObject, *phases: Phase) -> str | None:
        found = [call for call, living in self.centre.calls.items() if living.phase in phases]
        return data.draw(st.sampled_from(found)) if found else None

    @rule(data=st.data(), keys=st.sampled_from(("1", "1", "1", "2", "0", "3", "0501110002", "112", "")))
    def somebody_presses(self, data: st.DataObject, keys: str) -> None:
        call = self.some(data, Phase.MENU)
        if call is not None:
            step = self.centre.calls[call].session.step
            end = EntryEnd.KEYS if keys else EntryEnd.NO_INPUT
            self.tell(events.KeysEntered(call=call, step=step, keys=keys, end=end))

    @rule(data=st.data())
    def somebody_leaves_the_queue(self, data: st.DataObject) -> None:
        call = self.some(data, Phase.WAITING)
        if call is not None:
            self.tell(events.CallerPressedExit(call=call, key="1"))

    @rule(data=st.data())
    def somebody_hangs_up(self, data: st.DataObject) -> None:
        call = self.some(data, *Phase)
        if call is not None:
            talking = self.centre.calls[call].phase is Phase.TALKING
            self.tell(events.ConversationEnded(call=call, by="caller") if talking else events.CallerHungUp(call=call))

    @precondition(lambda self: self.dials)
    @rule(data=st.data(), why=st.sampled_from((None, None, *DialFailure)))
    def a_customer_answers_or_does_not(self, data: st.DataObject, why: DialFailure | None) -> None:
        call = data.draw(st.sampled_from(sorted(self.dials)))
        del self.dials[call]
        self.tell(events.CustomerAnswered(call=call) if why is None else events.CustomerFailed(call=call, why=why))

    @precondition(lambda self: self.rings)
    @rule(data=st.data(), why=st.sampled_from((None, None, *OfferFailure)))
    def an_agent_answers_or_does_not(self, data: st.DataObject, why: OfferFailure | None) -> None:
        offer = data.draw(st.sampled_from(sorted(self.rings)))
        ring = self.rings.pop(offer)
        if why is None and ring.before_customer:
            self.rings[offer] = ring  # off the hook until the customer comes, or the centre says stop
        self.tell(events.OfferAnswered(offer=offer) if why is None else events.OfferFailed(offer=offer, why=why))
        if why is None and offer in self.rings and self.centre.acd.agent(ring.agent).offer != offer:
            del self.rings[offer]

    @rule(data=st.data())
    def a_supervisor_cancels(self, data: st.DataObject) -> None:
        call = self.some(data, *Phase)
        if call is not None:
            self.tell(events.CallWithdrawn(call=call, by="mara"))

    @rule(data=st.data())
    def the_line_loses_sight(self, data: st.DataObject) -> None:
        living = sorted(self.centre.calls)
        kept = data.draw(st.lists(st.sampled_from(living), unique=True)) if living else []
        self.tell(events.LineSynchronised(line="test", calls=tuple(kept)))

    @rule(agent=st.sampled_from(AGENTS))
    def an_agent_comes(self, agent: str) -> None:
        self.tell(events.AgentSignedIn(agent=agent))
        self.tell(events.AgentReady(agent=agent))
        self.tell(events.WrapUpFinished(agent=agent))

    @rule(ms=st.sampled_from((0, 10_000, 33_000, 600_000)))
    def time_passes(self, ms: int) -> None:
        until = self.at + ms
        while (due := self.centre.next_due()) is not None and due <= until:
            self.at = max(self.at, due)
            self.tell(events.TimePassed())
        self.at = until

    @invariant()
    def every_call_is_somewhere(self) -> None:
        books = self.centre.conservation()
        assert books.arrived == self.count
        assert books.ended == len(self.ended)
        assert books.arrived + books.callbacks == books.ended + sum(books.inside.values())

    @invariant()
    def the_line_dials_only_what_the_centre_waits_for(self) -> None:
        dialling = {call for call, living in self.centre.calls.items() if living.phase is Phase.DIALLING}
        assert dialling == set(self.dials)

    @invariant()
    def one_open_callback_a_number(self) -> None:
        numbers = [call.record.number for call in self.centre.calls.values() if call.phase is Phase.CALLBACK]
        assert len(numbers) == len(set(numbers))


World.TestCase.settings = settings(max_examples=60, stateful_step_count=50, deadline=None)
TestWorld = World.TestCase
