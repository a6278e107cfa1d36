"""A centre that lost the end of its journal, and what the exchange's list of channels tells it."""

from __future__ import annotations

import pytest

from acd.effects import AgentState
from acd.requirement import parse
from acd.setup import AcdSetup, AgentSetup, QueueSetup
from centre import events
from centre.calls import Outcome, Phase
from centre.effects import CallEnded, Ring, StopRinging
from centre.machine import Centre, CentreSetup
from cti.asterisk import dialplan
from cti.asterisk.ami_messages import AmiEvent, AmiHeaders
from cti.asterisk.exchange import Exchange
from ivr.flow import Flow, HangUp, Queue

FLOW = Flow(
    id="main",
    digest="main-1",
    start="cards",
    language="en",
    nodes={"cards": Queue(queue="cards", otherwise="bye"), "bye": HangUp()},
)


def centre(wrap_up_ms: int) -> Centre:
    acd = AcdSetup(
        queues=(QueueSetup(id="cards", needs=parse("cards"), wrap_up_ms=wrap_up_ms),),
        agents=tuple(AgentSetup(id=agent, skills={"cards": 3}) for agent in ("anna", "boris")),
    )
    it = Centre(CentreSetup(acd=acd, flows={FLOW.digest: FLOW}, entry=FLOW.digest))
    it.apply(events.AgentSignedIn(agent="anna"), 0)
    it.apply(events.AgentReady(agent="anna"), 0)
    return it


def channel(uid: str, name: str, context: str, bridge: str, **variables: str) -> AmiEvent:
    headers = {"Uniqueid": uid, "Channel": name, "Context": context, "BridgeId": bridge}
    lists = [(key, [value]) for key, value in headers.items()]
    said = [f"{key}={value}" for key, value in variables.items()]
    return AmiEvent("CoreShowChannel", AmiHeaders([*lists, ("ChanVariable", said)]), None)


def in_queue(number: int, since: int) -> dict[str, str]:
    place = dialplan.WaitingPlace(queue="cards", waiting_since=since, language="en")
    return {dialplan.ID: str(number), dialplan.ENTRY: str(since * 1_000), dialplan.DATA: place.to_text()}


@pytest.mark.parametrize("wrap_up_ms", [0, 10_000])
@pytest.mark.parametrize("knows_second", [True, False])
def test_an_agent_who_was_in_another_conversation_to_the_centre_is_in_the_one_that_there_is(
    wrap_up_ms: int, knows_second: bool
) -> None:
    it = centre(wrap_up_ms)
    arrived = it.apply(events.CallArrived(call="asterisk-1", line="asterisk"), 1_000)
    (ring,) = [effect for effect in arrived if isinstance(effect, Ring)]
    it.apply(events.OfferAnswered(offer=ring.offer), 2_000)
    for number in (2, 3) if knows_second else (3,):
        it.apply(events.CallArrived(call=f"asterisk-{number}", line="asterisk"), 3_000)
    it.apply(events.AgentSignedIn(agent="boris"), 4_000)
    # Of what follows, the journal has nothing: the first conversation ended, and Anna talks to the second caller.
    exchange = Exchange("asterisk", agent_of={"PJSIP/anna": "anna"}.__getitem__)
    channels = [
        channel("2.1", "PJSIP/carrier-2", dialplan.DIAL, "b", **in_queue(2, 3_000), CC_OFFER="7"),
        channel("9.1", "PJSIP/anna-9", dialplan.DIAL, "b", CC_CALL="2", CC_OFFER="7"),
        channel("3.1", "PJSIP/carrier-3", dialplan.WAIT, "", **in_queue(3, 3_000)),
    ]
    effects = [effect for event in exchange.synchronise(channels, (), "monday") for effect in it.apply(event, 9_000)]

    assert it.acd.agent("anna").state is AgentState.TALKING
    assert {name: call.phase for name, call in it.calls.items() if call.phase is not Phase.WRAP_UP} == {
        "asterisk-2": Phase.TALKING,
        "asterisk-3": Phase.WAITING,
    }
    ended = [effect.record for effect in effects if isinstance(effect, CallEnded)]
    assert [(record.call, record.outcome) for record in ended] == [("asterisk-1", Outcome.ANSWERED)]
    rung = {effect.offer for effect in effects if isinstance(effect, Ring)}
    assert rung == {effect.offer for effect in effects if isinstance(effect, StopRinging)}

    over = it.apply(events.ConversationEnded(call="asterisk-2", by="caller"), 20_000)
    (record,) = [effect.record for effect in over if isinstance(effect, CallEnded)]
    assert (record.call, record.agent) == ("asterisk-2", "anna")
