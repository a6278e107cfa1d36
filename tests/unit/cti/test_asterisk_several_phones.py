"""The orders to ring and stop several phones, as manager actions: what is sent, and what is not."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

import pytest

from acd.events import OfferFailure
from centre import events
from centre.orders import Ring, StopRinging
from cti.asterisk import dialplan
from cti.asterisk.ami import AmiLost, AmiRefused, AmiReply, AmiValue
from cti.asterisk.ami_messages import AmiEvent, AmiHeaders
from cti.asterisk.exchange import Exchange
from cti.asterisk.line_call import LineCall
from cti.asterisk.several_phones import SeveralPhones
from tests.virtual.jumping_clock import in_jumping_time

CALL, CHANNEL, OFFER = "asterisk-1", "1.1", "asterisk-1-7"
LEG = dialplan.phone_channel(OFFER)


@dataclass
class Manager:
    """Answers every action at once; what it is told to refuse or lose, it refuses or loses."""

    values: dict[str, str] = field(default_factory=dict)
    """Of variables, for Getvar."""
    trouble: dict[str, Exception] = field(default_factory=dict)
    """By action."""
    sent: list[tuple[str, dict[str, AmiValue]]] = field(default_factory=list)

    async def act(self, name: str, headers: dict[str, AmiValue]) -> AmiReply:
        if name in self.trouble:
            raise self.trouble[name]
        self.sent.append((name, headers))
        return AmiReply(AmiHeaders([("Value", [self.values.get(str(headers.get("Variable")), "")])]))

    def orders(self, name: str) -> list[dict[str, AmiValue]]:
        return [headers for sent, headers in self.sent if sent == name]


@dataclass
class House:
    """Several phones, and all that they need."""

    manager: Manager
    exchange: Exchange
    call: LineCall
    told: list[events.Event] = field(default_factory=list)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    is_free: bool = True
    """Whether the phone comes free; known once it is settled."""
    settled: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.settled.set()
        self.several = SeveralPhones(
            self.exchange, self.manager.act, self._to_the_music, self.told.append, self._run, self._until_free
        )

    def ring(self) -> None:
        order = Ring(call=CALL, offer=OFFER, agent="anna", queue="sales", ring_ms=20_000)
        self.several.ring(self.call, order, "PJSIP/anna")

    def hear(self, name: str, **headers: str) -> None:
        lists = [(key, [value]) for key, value in headers.items()]
        self.told += self.several.hear(AmiEvent(name, AmiHeaders(lists), None))

    def rings(self) -> None:
        self.hear("DialBegin", DestUniqueid=LEG)
        self.hear("DialState", DestUniqueid=LEG, DialStatus="RINGING")

    def stop(self) -> None:
        assert self.several.stop(StopRinging(call=CALL, offer=OFFER, agent="anna"))

    async def settle(self) -> None:
        """Lets everything that is under way come as far as it can without time passing."""
        for _ in range(20):
            await asyncio.sleep(0)

    async def _to_the_music(self, call: LineCall) -> None:
        await call.rests.wait()

    async def _until_free(self, *_: object) -> bool:
        await self.settled.wait()
        return self.is_free

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        self.tasks.append(asyncio.get_running_loop().create_task(work))


@pytest.fixture
def house() -> House:
    exchange = Exchange("asterisk")
    call = exchange.admit(CALL, CHANNEL)
    call.rests.set()
    return House(Manager({dialplan.UNREACHABLE_SECONDS: "4"}), exchange, call)


@in_jumping_time
async def test_a_leg_says_whose_it_is_and_who_calls(house: House) -> None:
    house.call.number, house.call.name = "+380501110001", 'Smith, "J" <x>\\\r\nAction: Logoff'
    house.ring()
    await house.settle()
    (sent,) = house.manager.orders("Originate")
    assert sent["CallerID"] == '"Smith, J xAction: Logoff" <+380501110001>'
    assert (sent["ChannelId"], sent["Timeout"]) == (LEG, 20_000)
    assert sent["Variable"] == ["CC_CALL=1", "CC_OFFER=7", "CC_CALLER=1.1"]


@in_jumping_time
async def test_where_the_site_wants_it_the_phone_is_told_the_name_of_the_call(house: House) -> None:
    house.manager.values[dialplan.CALL_HEADER] = "yes"
    house.ring()
    await house.settle()
    (sent,) = house.manager.orders("Originate")
    variables = sent["Variable"]
    assert isinstance(variables, list)
    assert variables[-1] == "PJSIP_HEADER(add,X-Holdless-Call)=1"


@in_jumping_time
async def test_a_phone_that_is_stopped_before_the_caller_was_ready_is_not_rung_at_all(house: House) -> None:
    house.call.rests.clear()
    house.ring()
    await house.settle()
    house.stop()
    house.call.rests.set()
    await house.settle()
    assert house.manager.orders("Originate") == []
    assert not house.several.legs.uses("PJSIP/anna")


@in_jumping_time
async def test_a_phone_that_is_stopped_before_its_channel_is_there_is_hung_up_when_it_is(house: House) -> None:
    house.ring()
    await house.settle()
    house.stop()
    await house.settle()
    assert house.manager.orders("Hangup") == [], "there is nothing yet to be hung up"
    house.hear("DialBegin", DestUniqueid=LEG)
    await house.settle()
    assert house.manager.orders("Hangup") == [{"Channel": LEG, "Cause": 16}]
    assert house.told == []


@in_jumping_time
async def test_a_phone_that_does_not_come_free_is_busy_and_is_not_rung(house: House) -> None:
    house.is_free = False
    house.call.rests.set()
    house.ring()
    await asyncio.gather(*house.tasks)
    assert house.told == [events.OfferFailed(offer=OFFER, why=OfferFailure.BUSY)]
    assert house.manager.orders("Originate") == []


@in_jumping_time
async def test_a_phone_whose_caller_was_found_talking_before_it_came_free_is_not_rung(house: House) -> None:
    house.settled.clear()
    house.call.rests.set()
    house.ring()
    await asyncio.sleep(0)
    house.call.leg = "2.2"
    house.several.synchronise([], frozenset({CALL}))
    house.settled.set()
    await asyncio.gather(*house.tasks)
    assert house.manager.orders("Originate") == []


@in_jumping_time
async def test_the_others_are_hung_up_as_answered_elsewhere_once_somebody_talks(house: House) -> None:
    house.ring()
    await house.settle()
    house.rings()
    house.call.leg = "2.2"
    house.stop()
    await house.settle()
    assert house.manager.orders("Hangup") == [{"Channel": LEG, "Cause": 26}]


@in_jumping_time
async def test_a_leg_that_has_come_to_the_caller_is_not_hung_up_but_gives_the_caller_back(house: House) -> None:
    house.ring()
    await house.settle()
    house.rings()
    house.manager.values[dialplan.HAS] = "1"
    house.stop()
    await house.settle()
    await asyncio.sleep(0.1)
    assert house.manager.orders("Hangup") == []
    (moved,) = house.manager.orders("Redirect")
    assert (moved["Channel"], moved["Context"], moved["Exten"]) == (CHANNEL, dialplan.WAIT, dialplan.ALONE)


@in_jumping_time
async def test_a_phone_that_the_exchange_refuses_to_ring_cannot_be_reached(house: House) -> None:
    house.manager.trouble["Originate"] = AmiRefused("no", AmiReply(AmiHeaders([])))
    house.ring()
    await house.settle()
    assert house.told == [events.OfferFailed(offer=OFFER, why=OfferFailure.UNREACHABLE)]


@in_jumping_time
async def test_a_phone_that_the_exchange_does_not_know_cannot_be_reached(house: House) -> None:
    house.ring()
    await house.settle()
    house.hear("OriginateResponse", Uniqueid=LEG, Response="Failure", Reason="0")
    await asyncio.sleep(0.3)
    assert house.told == [events.OfferFailed(offer=OFFER, why=OfferFailure.UNREACHABLE)]


@in_jumping_time
async def test_a_phone_that_says_nothing_is_given_up(house: House) -> None:
    house.ring()
    await house.settle()
    house.hear("DialBegin", DestUniqueid=LEG)
    await asyncio.sleep(3.9)
    assert house.manager.orders("Hangup") == []
    await asyncio.sleep(0.2)
    assert house.manager.orders("Hangup") == [{"Channel": LEG, "Cause": 19}]
    house.hear("Hangup", Uniqueid=LEG, Cause="19")
    assert house.told == [events.OfferFailed(offer=OFFER, why=OfferFailure.UNREACHABLE)]


@in_jumping_time
async def test_an_order_that_met_a_broken_link_is_sent_when_the_exchange_is_found_not_to_know_of_it(
    house: House,
) -> None:
    house.manager.trouble["Originate"] = AmiLost("the link is down")
    house.ring()
    await house.settle()
    assert house.told == []
    house.manager.trouble.clear()
    assert house.several.synchronise([], frozenset({CALL})) == ()
    await house.settle()
    assert len(house.manager.orders("Originate")) == 1


@in_jumping_time
async def test_a_caller_who_hangs_up_while_phones_ring_is_seen_off(house: House) -> None:
    house.ring()
    await house.settle()
    house.rings()
    house.hear("HangupRequest", Uniqueid=CHANNEL)
    await asyncio.sleep(0.6)
    assert house.manager.orders("Hangup") == [{"Channel": CHANNEL, "Cause": 16}]
