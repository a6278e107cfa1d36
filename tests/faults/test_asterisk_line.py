"""The line to Asterisk, where the exchange does not say what it should."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from acd.setup import Phones
from centre import events
from centre.orders import Ask, Ring, StopDialling, StopRinging
from config.loader import load_site
from cti.asterisk import dialplan
from cti.asterisk.line import AsteriskLine
from ivr.keys import KeyRules
from tests.asterisk.kit.ports import free_port
from tests.faults.fake_ami import DEADLINE_S, SECRET, Action, FakeAmi, Peer, variables

BANK = Path(__file__).parents[2] / "config" / "examples" / "bank"
CHANNEL = "1.1"


@asynccontextmanager
async def line_to(
    fake: FakeAmi, folder: Path, *channels: dict[str, str], older: Sequence[Mapping[str, str]] = ()
) -> AsyncIterator[tuple[AsteriskLine, asyncio.Queue[events.Event]]]:
    """The bank's line to *fake*, which knows of these channels only, and what the line tells. *older*: events that come
    before the list of the channels does."""

    async def listed(peer: Peer, action: Action) -> None:
        for event in older:
            await peer.event(**event)
        ours = {"ActionID": action.get("ActionID")}
        await peer.reply(action, EventList="start")
        for channel in channels:
            await peer.event("CoreShowChannel", **ours, **channel)
        complete = {"EventList": "Complete", "ListItems": str(len(channels))}
        await peer.event("CoreShowChannelsComplete", **ours, **complete)

    fake.on("CoreShowChannels", listed)
    site = Path(shutil.copytree(BANK, folder / "bank"))
    settings = (site / "site.yaml").read_text(encoding="utf-8")
    settings = settings.replace("port: 5038", f"port: {fake.port}").replace("port: 4573", f"port: {free_port()}")
    (site / "site.yaml").write_text(settings, encoding="utf-8")
    (site / "asterisk.secret").write_text(SECRET + "\n", encoding="utf-8")
    told: asyncio.Queue[events.Event] = asyncio.Queue()
    line = AsteriskLine(load_site(site), recordings=folder / "messages", now=lambda: 0)
    await line.start(told.put_nowait)
    try:
        yield line, told
    finally:
        await line.close()


async def somebody_waits(fake: FakeAmi, told: asyncio.Queue[events.Event]) -> events.CallAdopted:
    """A caller comes to the music, of whom the line has not heard before."""
    assert isinstance(await told.get(), events.OffersFound)
    assert isinstance(await told.get(), events.LineSynchronised)
    await fake.peers[-1].event(
        "UserEvent", UserEvent=dialplan.WAITING, Reason="engine", Uniqueid=CHANNEL, ChanVariable=f"{dialplan.ID}=1"
    )
    adopted = await told.get()
    assert isinstance(adopted, events.CallAdopted)
    return adopted


async def test_a_caller_of_whom_the_exchange_says_nothing_more_is_taken_back_to_the_music_all_the_same(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with FakeAmi() as fake, line_to(fake, tmp_path) as (line, told):
        adopted = await somebody_waits(fake, told)
        line.carry_out(Ring(call=adopted.call, offer=f"{adopted.call}-7", agent="olena", queue="cards", ring_ms=20_000))
        (ringing,) = await fake.seen("Redirect")
        assert (ringing.get("Context"), ringing.get("Exten")) == (dialplan.DIAL, "7~20~PJSIP/olena")
        # Asterisk took the Redirect and then never says that it dials: not lost, but never at rest either.
        line.carry_out(StopRinging(call=adopted.call, offer=f"{adopted.call}-7", agent="olena"))
        back = (await fake.seen("Redirect", count=2))[1]
        assert (back.get("Channel"), back.get("Context")) == (CHANNEL, dialplan.WAIT)
        assert "was not seen to rest" in caplog.text


async def test_a_caller_who_is_to_be_asked_and_does_not_come_to_the_engine_is_fetched_again(tmp_path: Path) -> None:
    async with FakeAmi() as fake, line_to(fake, tmp_path) as (line, told):
        adopted = await somebody_waits(fake, told)
        question = Ask(call=adopted.call, step=1, prompts=("main-menu",), language="en", keys=KeyRules())
        line.carry_out(question)
        (fetched,) = await fake.seen("Redirect")
        assert (fetched.get("Channel"), fetched.get("Context")) == (CHANNEL, dialplan.MENU)
        for _ in range(2):  # the first may be read before the answer to the Redirect, which it does not belong to then
            await fake.peers[-1].event(
                "UserEvent",
                UserEvent=dialplan.WAITING,
                Reason=dialplan.ALONE,
                Uniqueid=CHANNEL,
                ChanVariable=f"{dialplan.ID}=1",
            )
            assert isinstance(await told.get(), events.CallAdopted)
            line.carry_out(question)
        again = (await fake.seen("Redirect", count=2))[1]
        assert (again.get("Channel"), again.get("Context")) == (CHANNEL, dialplan.MENU)


async def test_a_line_that_comes_to_callers_says_first_of_all_for_which_offers_phones_ring_or_rang(
    tmp_path: Path,
) -> None:
    waits = {"Uniqueid": "1.1", "Context": dialplan.WAIT, "ChanVariable": variables(CC_ID="1")}
    rang_out = {"Uniqueid": "2.1", "Context": dialplan.WAIT, "ChanVariable": variables(CC_ID="2", CC_OFFER="5")}
    rings = {
        "Uniqueid": "3.1",
        "Context": dialplan.DIAL,
        "Exten": "6~20~PJSIP/olena",
        "ChanVariable": variables(CC_ID="3", CC_OFFER="6"),
    }
    async with FakeAmi() as fake, line_to(fake, tmp_path, waits, rang_out, rings) as (_, told):
        assert await told.get() == events.OffersFound(line="asterisk", offers=("asterisk-2-5", "asterisk-3-6"))
        found = [told.get_nowait() for _ in range(told.qsize())]
        assert [type(one) for one in found] == [
            events.CallAdopted,
            events.OfferFailed,
            events.CallAdopted,
            events.LineSynchronised,
        ]


async def test_two_who_talk_are_not_parted_where_the_answer_came_after_the_offer_was_given_up(tmp_path: Path) -> None:
    async with FakeAmi() as fake, line_to(fake, tmp_path) as (line, told):
        adopted = await somebody_waits(fake, told)
        offer = f"{adopted.call}-7"
        line.carry_out(Ring(call=adopted.call, offer=offer, agent="olena", queue="cards", ring_ms=20_000))
        await fake.seen("Redirect")
        await fake.peers[-1].event(
            "DialEnd",
            Uniqueid=CHANNEL,
            DialStatus="ANSWER",
            DestChannel="PJSIP/olena-1",
            DestUniqueid="1.2",
            DestChanVariable=f"{dialplan.OFFER}=7",
        )
        assert await told.get() == events.OfferAnswered(offer=offer)
        line.carry_out(StopRinging(call=adopted.call, offer=offer, agent="olena"))
        assert await told.get() == events.ConversationFound(call=adopted.call, offer=offer, agent="olena")
        line.carry_out(StopRinging(call=adopted.call, offer=f"{adopted.call}-6", agent="maria"))
        line.carry_out(Ring(call=adopted.call, offer=f"{adopted.call}-8", agent="maria", queue="cards", ring_ms=20_000))
        line.carry_out(StopRinging(call=adopted.call, offer=f"{adopted.call}-8", agent="maria"))
        assert told.empty()
        assert len(await fake.seen("Redirect")) == 1


async def test_news_of_a_caller_who_was_gone_before_the_list_of_channels_says_nothing_of_one_who_waits(
    tmp_path: Path,
) -> None:
    ours = {"Uniqueid": CHANNEL, "ChanVariable": f"{dialplan.ID}=1"}
    older = (
        {"name": "UserEvent", "UserEvent": dialplan.WAITING, "Reason": dialplan.ALONE, **ours},
        {"name": "Hangup", "Cause": "16", **ours},
        {"name": "UserEvent", "UserEvent": dialplan.WAITING, "Uniqueid": "2.1", "ChanVariable": f"{dialplan.ID}=2"},
    )
    async with FakeAmi() as fake, line_to(fake, tmp_path, older=older) as (_, told):
        assert isinstance(await told.get(), events.OffersFound)
        assert await told.get() == events.LineSynchronised(line="asterisk", calls=())
        adopted = await told.get()
        assert isinstance(adopted, events.CallAdopted)
        assert adopted.call == "asterisk-2"


async def test_an_agent_who_is_new_in_the_site_is_rung_for_callbacks_and_known_to_be_on_the_phone(
    tmp_path: Path,
) -> None:
    async def nina_phones(peer: Peer, action: Action) -> None:
        ours = {"ActionID": action.get("ActionID")}
        await peer.reply(action, EventList="start")
        await peer.event("DeviceStateChange", Device="PJSIP/nina", State="INUSE", **ours)
        await peer.event("DeviceStateListComplete", EventList="Complete", ListItems="1", **ours)

    async with FakeAmi() as fake:
        fake.on("DeviceStateList", nina_phones)
        async with line_to(fake, tmp_path) as (line, told):
            file = tmp_path / "bank" / "site.yaml"
            text = file.read_text(encoding="utf-8")
            file.write_text(text.replace("agents:\n", "agents:\n  nina: {name: Nina Koval}\n"), encoding="utf-8")
            line.reconfigure(load_site(tmp_path / "bank"))
            async with asyncio.timeout(DEADLINE_S):
                while not isinstance(heard := await told.get(), events.OwnCallBegan):
                    pass
            assert heard.agent == "nina"
            offer = Ring(
                call="asterisk-1-back",
                offer="asterisk-1-back-7",
                agent="nina",
                queue="cards",
                ring_ms=20_000,
                before_customer=True,
            )
            line.carry_out(offer)
            (dialled,) = await fake.seen("Originate")
            assert dialled.get("Channel") == "PJSIP/nina"


BACK, BACK_OFFER = "asterisk-1-back", "asterisk-1-back-7"


@pytest.mark.parametrize(
    ("legs", "order", "ended"),
    [
        (
            [{"Uniqueid": f"{BACK_OFFER}-customer", "ChannelStateDesc": "Ringing", "ChanVariable": "CC_ID=1-back"}],
            StopDialling(call=BACK),
            f"{BACK_OFFER}-customer",
        ),
        (
            [
                {
                    "Uniqueid": f"{BACK_OFFER}-agent",
                    "Channel": "PJSIP/olena-1",
                    "ChannelStateDesc": "Up",
                    "Context": dialplan.BACK,
                    "Exten": "30~PJSIP/+380501110003@carrier",
                    "ChanVariable": variables(CC_CALL="1-back", CC_OFFER="7"),
                },
                {"Uniqueid": "2.2", "ChannelStateDesc": "Ringing", "ChanVariable": variables(CC_ID="1-back")},
            ],
            StopRinging(call=BACK, offer=BACK_OFFER, agent="olena"),
            f"{BACK_OFFER}-agent",
        ),
    ],
    ids=["customer first", "agent first"],
)
async def test_a_customer_whom_an_engine_before_called_back_is_rung_no_more_when_nobody_wants_that(
    tmp_path: Path, legs: list[dict[str, str]], order: StopDialling | StopRinging, ended: str
) -> None:
    async with FakeAmi() as fake, line_to(fake, tmp_path, *legs) as (line, told):
        while not isinstance(await told.get(), events.LineSynchronised):
            pass
        line.carry_out(order)
        (hung_up,) = await fake.seen("Hangup")
        assert hung_up.get("Channel") == ended


async def test_the_phone_that_an_engine_before_let_ring_alone_stops_before_several_ring_for_its_caller(
    tmp_path: Path,
) -> None:
    rings = {
        "Uniqueid": CHANNEL,
        "Context": dialplan.DIAL,
        "Exten": "6~20~PJSIP/olena",
        "ChanVariable": variables(CC_ID="1", CC_OFFER="6"),
    }
    async with FakeAmi() as fake, line_to(fake, tmp_path, rings) as (line, told):
        while not isinstance(await told.get(), events.LineSynchronised):
            pass
        site = load_site(tmp_path / "bank")
        cards, *others = site.acd.queues
        line.reconfigure(
            replace(site, acd=replace(site.acd, queues=(replace(cards, phones=Phones(at_once=2)), *others)))
        )
        for agent, number in (("olena", 7), ("maria", 8)):
            offer = f"asterisk-1-{number}"
            line.carry_out(Ring(call="asterisk-1", offer=offer, agent=agent, queue="cards", ring_ms=20_000))
        (back,) = await fake.seen("Redirect")
        assert (back.get("Channel"), back.get("Context")) == (CHANNEL, dialplan.WAIT)
        assert fake.named("Originate") == []
        await fake.peers[-1].event(
            "UserEvent", UserEvent=dialplan.WAITING, Reason="engine", Uniqueid=CHANNEL, ChanVariable=f"{dialplan.ID}=1"
        )
        both = await fake.seen("Originate", count=2)
        assert {one.get("Channel") for one in both} == {"PJSIP/olena", "PJSIP/maria"}


async def test_several_phones_ring_for_who_waits_in_a_queue_that_is_gone_as_before(tmp_path: Path) -> None:
    async with FakeAmi() as fake, line_to(fake, tmp_path) as (line, told):
        adopted = await somebody_waits(fake, told)
        site = load_site(tmp_path / "bank")
        cards, *others = site.acd.queues
        assert cards.id == "cards"
        for queues in ([replace(cards, phones=Phones(at_once=2)), *others], others):
            line.reconfigure(replace(site, acd=replace(site.acd, queues=tuple(queues))))
        for agent, number in (("olena", 7), ("maria", 8)):
            offer = f"{adopted.call}-{number}"
            line.carry_out(Ring(call=adopted.call, offer=offer, agent=agent, queue="cards", ring_ms=20_000))
        both = await fake.seen("Originate", count=2)
        assert [one.get("Channel") for one in both] == ["PJSIP/olena", "PJSIP/maria"]
