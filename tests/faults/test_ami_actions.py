"""Actions over the manager interface: sent once, answered in time, or honestly failed. Beside it, bare panoramisk."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from typing import Any

import pytest

from cti.asterisk.ami import (
    AmiError,
    AmiLink,
    AmiLost,
    AmiRefused,
    AmiReply,
    AmiTimeout,
    channel_variables,
)
from cti.asterisk.ami_messages import timestamp_ms
from tests.faults.bare_panoramisk import answered, bare_panoramisk
from tests.faults.fake_ami import SECRET, USER, Action, FakeAmi, Peer, message, silence
from tests.faults.our_link import linked, next_event

ORIGINATE = {"Channel": "PJSIP/a0001", "Context": "holdless-agent", "Exten": "s", "Priority": "1"}


@pytest.fixture
async def fake() -> AsyncIterator[FakeAmi]:
    async with FakeAmi() as fake:
        yield fake


async def cut(peer: Peer, action: Action) -> None:
    peer.cut()


# P6: before there is a connection


async def test_bare_panoramisk_has_no_answer_to_an_action_before_the_connection(fake: FakeAmi) -> None:
    async with bare_panoramisk(fake) as manager:
        manager.protocol.close()
        manager.protocol = None
        with pytest.raises(AttributeError):
            manager.send_action({"Action": "Ping"})


async def test_an_action_before_the_first_connection_says_that_there_is_no_link(fake: FakeAmi) -> None:
    link = AmiLink("127.0.0.1", fake.port, USER, SECRET)
    with pytest.raises(AmiLost, match="Ping was not sent, there is no link to Asterisk"):
        await link.action("Ping")


# P7, P8: an action under way when the connection breaks


async def test_bare_panoramisk_sends_an_originate_again_after_a_reconnect(fake: FakeAmi) -> None:
    fake.on("Originate", cut)
    async with bare_panoramisk(fake) as manager:
        manager.send_action({"Action": "Originate", "Async": "true", **ORIGINATE})
        sent = await fake.seen("Originate", 2)
    assert [action.connection for action in sent] == [1, 2]


async def test_an_action_is_never_sent_twice(fake: FakeAmi) -> None:
    fake.on("Originate", cut)
    async with linked(fake) as link:
        with pytest.raises(AmiLost, match="may or may not have been carried out"):
            await link.action("Originate", ORIGINATE, ChannelId="leg-1")
        await fake.seen("Login", 2)
        await next_event(link, "FullyBooted")  # where panoramisk sends again
        await link.action("CoreStatus")
    assert len(fake.named("Originate")) == 1


async def test_bare_panoramisk_waits_for_ever_when_its_user_may_not_see_fully_booted(fake: FakeAmi) -> None:
    fake.booted = False
    fake.on("Redirect", cut)
    async with bare_panoramisk(fake) as manager:
        future = manager.send_action({"Action": "Redirect"})
        await fake.seen("Login", 2)
        await answered(manager)
        assert not future.done()


async def test_an_action_under_way_fails_at_once_whatever_its_user_may_see(fake: FakeAmi) -> None:
    fake.booted = False
    fake.on("Redirect", cut)
    async with linked(fake) as link:
        with pytest.raises(AmiLost):
            await link.action("Redirect")


async def half_a_list(peer: Peer, action: Action) -> None:
    await peer.reply(action, EventList="start", Message="Channels will follow")
    await peer.event("CoreShowChannel", ActionID=action.get("ActionID"), Channel="PJSIP/a0001-1")
    peer.cut()


async def test_bare_panoramisk_waits_for_ever_for_a_list_cut_short(fake: FakeAmi) -> None:
    fake.on("CoreShowChannels", half_a_list)
    async with bare_panoramisk(fake) as manager:
        future = manager.send_action({"Action": "CoreShowChannels"})
        await fake.seen("Login", 2)
        await answered(manager)
        assert not future.done()


async def test_a_list_cut_short_is_an_error_and_never_a_short_list(fake: FakeAmi) -> None:
    fake.on("CoreShowChannels", half_a_list)
    async with linked(fake) as link:
        with pytest.raises(AmiLost, match="CoreShowChannels"):
            await link.collect("CoreShowChannels")


# P9: QueueAdd


async def added(peer: Peer, action: Action) -> None:
    await peer.reply(action, Message="Added interface to queue")


async def test_bare_panoramisk_never_ends_a_queue_add(fake: FakeAmi) -> None:
    fake.on("QueueAdd", added)
    async with bare_panoramisk(fake) as manager:
        future = manager.send_action({"Action": "QueueAdd", "Queue": "cards", "Interface": "PJSIP/a0001"})
        await answered(manager)
        assert not future.done()


async def test_a_queue_add_is_answered(fake: FakeAmi) -> None:
    fake.on("QueueAdd", added)
    async with linked(fake) as link:
        reply = await link.action("QueueAdd", Queue="cards", Interface="PJSIP/a0001")
    assert reply.message == "Added interface to queue"


# P10, P14: Originate


async def queued(peer: Peer, action: Action) -> None:
    await peer.reply(action, Message="Originate successfully queued")


async def test_bare_panoramisk_drops_the_connection_over_an_originate_without_async(fake: FakeAmi) -> None:
    fake.on("Originate", queued)
    async with bare_panoramisk(fake) as manager:
        future = manager.send_action({"Action": "Originate", **ORIGINATE})
        await fake.seen("Login", 2)
        await answered(manager)
        assert not future.done()


async def test_an_originate_always_runs_async_and_carries_our_channel_id(fake: FakeAmi) -> None:
    fake.on("Originate", queued)
    async with linked(fake) as link:
        await link.action("Originate", ORIGINATE, ChannelId="leg-1")
    (sent,) = fake.named("Originate")
    assert (sent.get("Async"), sent.get("ChannelId"), sent.connection) == ("true", "leg-1", 1)


async def test_an_originate_without_a_channel_id_or_with_async_is_refused_before_it_is_sent(fake: FakeAmi) -> None:
    async with linked(fake) as link:
        with pytest.raises(ValueError, match="ChannelId"):
            await link.action("Originate", ORIGINATE)
        with pytest.raises(ValueError, match="Async"):
            await link.action("originate", {**ORIGINATE, "channelid": "leg-1", "async": "false"})
    assert not fake.named("Originate")


async def failed(peer: Peer, action: Action) -> None:
    await queued(peer, action)
    facts = {"Response": "Failure", "Reason": "3", "Uniqueid": action.get("ChannelId")}
    await peer.event("OriginateResponse", ActionID=action.get("ActionID"), **facts)


async def test_bare_panoramisk_hides_the_originate_response_from_its_subscribers(fake: FakeAmi) -> None:
    fake.on("Originate", failed)
    seen: list[str] = []
    async with bare_panoramisk(fake) as manager:
        manager.register_event("*", lambda _, event: seen.append(event.event))
        future = manager.send_action({"Action": "Originate", "Async": "true", "ChannelId": "leg-1", **ORIGINATE})
        await answered(manager)
    assert "OriginateResponse" not in seen
    assert isinstance(await future, list)  # and the failure comes as a list, not as an error


async def test_the_originate_response_reaches_the_subscriber(fake: FakeAmi) -> None:
    fake.on("Originate", failed)
    async with linked(fake) as link:
        await link.action("Originate", ORIGINATE, ChannelId="leg-1")
        event = await next_event(link, "OriginateResponse")
    assert (event.headers["Uniqueid"], event.headers["Response"]) == ("leg-1", "Failure")


async def test_an_event_reaches_the_subscriber_even_while_its_action_is_unanswered(fake: FakeAmi) -> None:
    async def event_first(peer: Peer, action: Action) -> None:
        await peer.event("OriginateResponse", ActionID=action.get("ActionID"), Uniqueid="leg-1")
        await asyncio.sleep(0.05)
        await queued(peer, action)

    fake.on("Originate", event_first)
    async with linked(fake) as link:
        reply = await link.action("Originate", ORIGINATE, ChannelId="leg-1")
        event = await next_event(link, "OriginateResponse")
    assert (reply.message, event.headers["Uniqueid"]) == ("Originate successfully queued", "leg-1")


# P13: text that would become an action

INJECTION = "x\r\n\r\nAction: Command\r\nCommand: core stop now"


async def test_bare_panoramisk_sends_what_a_value_smuggles_in(fake: FakeAmi) -> None:
    async with bare_panoramisk(fake) as manager:
        manager.send_action({"Action": "Setvar", "Variable": "CC_DATA", "Value": INJECTION})
        (smuggled,) = await fake.seen("Command")
    assert smuggled.get("Command") == "core stop now"


@pytest.mark.parametrize("value", [INJECTION, "a\nb", "a\rb", "a\0b", "\ud800", "x" * 1016, "я" * 508])
async def test_a_value_that_asterisk_would_misread_is_never_sent(fake: FakeAmi, value: str) -> None:
    async with linked(fake) as link:
        with pytest.raises(ValueError, match="AMI header Value"):
            await link.action("Setvar", Variable="CC_DATA", Value=value)
        await link.action("CoreStatus")
    assert [action.name for action in fake.actions] == ["Login", "CoreStatus"]


@pytest.mark.parametrize("value", ["x" * 1015, "я" * 507, 'quotes "and" \\ ; ${EXTEN}', "\u2028", ""])
async def test_any_other_value_arrives_as_it_is(fake: FakeAmi, value: str) -> None:
    async with linked(fake) as link:
        await link.action("Setvar", Variable="CC_DATA", Value=value)
    assert fake.named("Setvar")[0].get("Value") == value


async def test_a_header_name_that_is_none_and_a_flood_of_headers_are_refused(fake: FakeAmi) -> None:
    async with linked(fake) as link:
        with pytest.raises(ValueError, match="AMI header 'A: b"):
            await link.action("UserEvent", {"A: b\r\nAction": "Command"})
        with pytest.raises(ValueError, match="at most 128 lines"):
            await link.action("Originate", ChannelId="leg-1", Variable=["A=1"] * 126)
    assert [action.name for action in fake.actions] == ["Login"]


async def test_a_list_repeats_a_header_and_truth_values_are_spelt_the_asterisk_way(fake: FakeAmi) -> None:
    async with linked(fake) as link:
        await link.action("MixMonitorMute", Variable=["A=1", "B=2"], State=True, Timeout=30000)
    sent = fake.named("MixMonitorMute")[0]
    assert (sent.all("Variable"), sent.get("State"), sent.get("Timeout")) == (["A=1", "B=2"], "true", "30000")


def test_a_comma_in_a_channel_variable_cannot_set_another_variable() -> None:
    assert channel_variables({"CC_DATA": 'Ann,CC_PEER=x "(['}) == ['CC_DATA=Ann\\,CC_PEER=x \\"\\(\\[']
    with pytest.raises(ValueError, match="not the name of a channel variable"):
        channel_variables({"A=1,B": "2"})


# P21: what a command printed


async def one_line(peer: Peer, action: Action) -> None:
    await peer.reply(action, Message="Command output follows", Output="0 active channels")


async def test_bare_panoramisk_leaves_the_content_of_a_command_empty_and_its_output_a_str_or_a_list(
    fake: FakeAmi,
) -> None:
    fake.on("Command", one_line)
    async with bare_panoramisk(fake) as manager:
        reply = await manager.send_command("core show channels")
    assert (reply.content, reply.output) == ("", "0 active channels")


async def test_the_output_of_a_command_is_always_lines(fake: FakeAmi) -> None:
    fake.on("Command", one_line)
    async with linked(fake) as link:
        assert (await link.action("Command", Command="core show channels")).output == ("0 active channels",)


async def test_bare_panoramisk_cannot_read_the_channel_variable_of_an_event_that_has_one(fake: FakeAmi) -> None:
    async def event(peer: Peer, action: Action) -> None:
        await peer.event("Newstate", ChanVariable="CC_ID=c1")
        await peer.reply(action)

    fake.on("CoreStatus", event)
    events: list[Any] = []
    async with bare_panoramisk(fake) as manager:
        manager.register_event("Newstate", lambda _, event: events.append(event))
        await answered(manager)
    with pytest.raises(TypeError):
        events[0].getdict("chanvariable")


@pytest.mark.parametrize("variables", [{"CC_ID": "c1"}, {"CC_ID": "c1", "CC_DATA": "a=b", "CC_ENTRY": ""}])
async def test_the_channel_variables_of_an_event_are_read_whether_one_or_many(
    fake: FakeAmi, variables: dict[str, str]
) -> None:
    lines = "".join(f"DestChanVariable: {name}={value}\r\n" for name, value in variables.items())
    async with linked(fake) as link:
        await fake.peers[0].send(f"Event: DialBegin\r\nTimestamp: 1732264800.1239\r\n{lines}\r\n".encode())
        event = await next_event(link, "DialBegin")
    assert event.variables_of("Dest") == variables
    assert event.variables == {}
    assert event.timestamp_ms == 1_732_264_800_123


# answers: none, wrong, late, double


async def test_an_error_answer_is_raised_with_asterisks_words(fake: FakeAmi) -> None:
    async def no_channel(peer: Peer, action: Action) -> None:
        await peer.reply(action, "Error", Message="Channel does not exist")

    fake.on("Redirect", no_channel)
    fake.on("CoreShowChannels", no_channel)
    async with linked(fake) as link:
        with pytest.raises(AmiRefused, match="refuses Redirect: Channel does not exist") as refused:
            await link.action("Redirect", Channel="PJSIP/gone")
        assert refused.value.message == "Channel does not exist"
        with pytest.raises(AmiRefused, match="refuses CoreShowChannels"):
            await link.collect("CoreShowChannels")


async def test_an_action_that_is_not_answered_ends_at_its_deadline(fake: FakeAmi) -> None:
    fake.on("Redirect", silence)
    fake.on("CoreShowChannels", silence)
    async with linked(fake) as link:
        with pytest.raises(AmiTimeout, match="did not answer Redirect within 50 ms"):
            await link.action("Redirect", deadline_ms=50)
        with pytest.raises(AmiTimeout, match="did not answer CoreShowChannels within 50 ms"):
            await link.collect("CoreShowChannels", deadline_ms=50)
        await link.action("CoreStatus")  # the link itself is well


async def test_a_late_answer_and_a_double_one_are_counted_and_taken_for_no_other(fake: FakeAmi) -> None:
    late: list[Action] = []

    async def keep(peer: Peer, action: Action) -> None:
        late.append(action)

    async def twice(peer: Peer, action: Action) -> None:
        await peer.reply(action, Message="first")
        await peer.reply(action, "Error", Message="second")
        await peer.send(message(Response="Error", Message="of nobody"))

    fake.on("Redirect", keep)
    fake.on("Hangup", twice)
    async with linked(fake) as link:
        with pytest.raises(AmiTimeout):
            await link.action("Redirect", deadline_ms=50)
        await fake.peers[0].reply(late[0], Message="late")
        assert (await link.action("Hangup")).message == "first"
        assert (await link.action("CoreStatus")).message == ""
        assert link.counts.strays == 3


async def test_answers_in_another_order_reach_the_action_they_belong_to(fake: FakeAmi) -> None:
    waiting: list[Action] = []

    async def in_reverse(peer: Peer, action: Action) -> None:
        waiting.append(action)
        if len(waiting) == 3:
            for kept in reversed(waiting):
                await peer.reply(kept, Value=kept.get("Variable"))

    fake.on("Getvar", in_reverse)
    async with linked(fake) as link:
        replies = await asyncio.gather(*(link.action("Getvar", Variable=name) for name in "ABC"))
    assert [reply.headers["Value"] for reply in replies] == ["A", "B", "C"]


async def test_answered_and_timed_out_actions_leave_nothing_behind(fake: FakeAmi) -> None:
    def left() -> int:
        gc.collect()
        # The type itself is asked for: a weak reference among them would answer for what it leads to, if that is there.
        return sum(type(thing) in {AmiReply, AmiTimeout} for thing in gc.get_objects())

    fake.on("Redirect", silence)
    async with linked(fake) as link:
        before = left()
        for _ in range(100):
            await link.action("CoreStatus")
        with pytest.raises(AmiTimeout):
            await link.action("Redirect", deadline_ms=20)
        assert left() <= before


@pytest.mark.parametrize(
    ("text", "at_ms"),
    [("1732264800.123456", 1_732_264_800_123), ("1732264800.5", 1_732_264_800_500), ("1732264800", 1_732_264_800_000)]
    + [(text, None) for text in ("", "soon", "1.x", "-1.5", "²")],
)
def test_the_time_of_an_event_is_read_in_whole_milliseconds_or_not_at_all(text: str, at_ms: int | None) -> None:
    assert timestamp_ms(text) == at_ms


# lists


async def test_a_list_is_collected_while_other_events_go_their_way(fake: FakeAmi) -> None:
    async def channels(peer: Peer, action: Action) -> None:
        ours = {"ActionID": action.get("ActionID")}
        await peer.reply(action, EventList="start", Message="Channels will follow")
        await peer.reply(action, "Error", Message="said twice")
        await peer.event("CoreShowChannel", Channel="PJSIP/1", **ours)
        await peer.event("Hangup", Channel="PJSIP/9")
        await peer.event("CoreShowChannel", Channel="PJSIP/8", ActionID="another client's")
        await peer.event("CoreShowChannel", Channel="PJSIP/2", **ours)
        await peer.event("CoreShowChannelsComplete", EventList="Complete", ListItems="2", **ours)

    fake.on("CoreShowChannels", channels)
    async with linked(fake) as link:
        items = await link.collect("CoreShowChannels")
        await fake.peers[0].event("Last")
        got = []
        async with asyncio.timeout(20):
            async for event in link.events:
                got.append((event.name, event.headers.get("Channel")))
                if event.name == "Last":
                    break
    assert [item.headers["Channel"] for item in items] == ["PJSIP/1", "PJSIP/2"]
    assert got == [("FullyBooted", None), ("Hangup", "PJSIP/9"), ("CoreShowChannel", "PJSIP/8"), ("Last", None)]


async def test_the_rest_of_a_list_that_came_too_late_does_not_flood_the_subscriber(fake: FakeAmi) -> None:
    async def slow(peer: Peer, action: Action) -> None:
        await peer.reply(action, EventList="start")

    fake.on("CoreShowChannels", slow)
    async with linked(fake) as link:
        with pytest.raises(AmiTimeout):
            await link.collect("CoreShowChannels", deadline_ms=50)
        action_id = fake.named("CoreShowChannels")[0].get("ActionID")
        await fake.peers[0].event("CoreShowChannel", ActionID=action_id)
        await link.action("CoreStatus")
        assert (len(link.events), link.counts.strays) == (1, 1)  # FullyBooted alone


async def test_every_action_under_way_fails_when_the_peer_sends_garbage_for_ever(fake: FakeAmi) -> None:
    async def garbage(peer: Peer, action: Action) -> None:
        await peer.send(b"Event: Endless\r\nX: " + b"x" * (2 << 20))

    fake.on("Redirect", garbage)
    fake.on("Hangup", silence)
    async with linked(fake) as link:
        results = await asyncio.gather(link.action("Hangup"), link.action("Redirect"), return_exceptions=True)
        assert [type(result) for result in results] == [AmiLost, AmiLost]
        assert "a message of more than" in str(results[0])
        await fake.connected(2)


async def test_a_peer_that_reads_nothing_costs_bounded_memory(fake: FakeAmi) -> None:
    async def stop_reading(peer: Peer, action: Action) -> None:
        await asyncio.Event().wait()

    fake.on("UserEvent", stop_reading)
    async with linked(fake, deadline_ms=20_000, heartbeat_ms=20_000) as link:
        headers = {f"H{number}": "x" * 1000 for number in range(10)}
        tasks = [asyncio.create_task(link.action("UserEvent", headers)) for _ in range(2000)]
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(result, AmiError) for result in results)
        assert "does not read what it is sent" in str(results[0])
