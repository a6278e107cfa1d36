"""The link to the manager interface over breaks, freezes, refusals and floods. Beside it, bare panoramisk."""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
from collections.abc import AsyncIterator

import pytest

from cti.asterisk.ami import AmiLink, AmiLoginRefused, AmiLost, AmiUnreachable
from tests.faults.bare_panoramisk import answered, bare_panoramisk
from tests.faults.fake_ami import SECRET, USER, Action, FakeAmi, Peer, message, silence
from tests.faults.our_link import linked, next_event


@pytest.fixture
async def fake() -> AsyncIterator[FakeAmi]:
    async with FakeAmi() as fake:
        yield fake


class Watcher:
    """The adapter's side of a link: notes the resyncs, the losses and the events, in order."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self._changed = asyncio.Event()

    def note(self, what: str) -> None:
        self.notes.append(what)
        self._changed.set()

    async def up(self, link: AmiLink) -> None:
        await link.action("CoreStatus")
        self.note("up")

    def down(self, reason: str) -> None:
        self.note(f"down: {reason}")

    async def read(self, link: AmiLink) -> None:
        async for event in link.events:
            self.note(event.name)

    async def saw(self, what: str, count: int = 1) -> None:
        async with asyncio.timeout(20):
            while sum(note.startswith(what) for note in self.notes) < count:
                self._changed.clear()
                await self._changed.wait()


# P11: callbacks that raise


async def test_bare_panoramisk_drops_the_connection_when_a_callback_raises(fake: FakeAmi) -> None:
    async with bare_panoramisk(fake) as manager:
        manager.register_event("Hangup", lambda _, event: 1 / 0)
        await fake.peers[0].event("Hangup")
        await fake.connected(2)


async def test_a_reader_that_raises_harms_only_itself(fake: FakeAmi) -> None:
    async def reader(link: AmiLink) -> None:
        async for _ in link.events:
            raise ZeroDivisionError

    async with linked(fake) as link:
        await fake.peers[0].event("Hangup")
        with pytest.raises(ZeroDivisionError):
            await reader(link)
        await link.action("CoreStatus")
        await next_event(link, "Hangup")
    assert len(fake.peers) == 1


async def test_a_raising_on_down_does_not_keep_the_link_from_coming_back(fake: FakeAmi) -> None:
    watcher = Watcher()

    def down(reason: str) -> None:
        raise ZeroDivisionError

    async with linked(fake, on_up=watcher.up, on_down=down) as link:
        fake.peers[0].cut()
        await watcher.saw("up", 2)
        await link.action("CoreStatus")


async def test_a_resync_that_raises_is_tried_again(fake: FakeAmi) -> None:
    watcher = Watcher()

    async def fails_the_second_time(link: AmiLink) -> None:
        await watcher.up(link)
        if watcher.notes.count("up") == 2:
            raise ZeroDivisionError

    async with linked(fake, on_up=fails_the_second_time) as link:
        fake.peers[0].cut()
        await watcher.saw("up", 3)
        await link.action("CoreStatus")
        assert len(fake.peers) == 3


async def test_a_first_resync_that_raises_comes_through_and_leaves_no_connection(fake: FakeAmi) -> None:
    async def fails(link: AmiLink) -> None:
        raise ZeroDivisionError

    link = AmiLink("127.0.0.1", fake.port, USER, SECRET, on_up=fails)
    with pytest.raises(ZeroDivisionError):
        await link.start()
    await fake.until(lambda: fake.peers[0].ended)
    assert not link.up


# P12: characters and messages split between packets

NAMED = message(Event="Newstate", CallerIDName="Jürgen Ворон")


async def test_bare_panoramisk_loses_a_character_split_between_packets(fake: FakeAmi) -> None:
    names: list[str] = []
    async with bare_panoramisk(fake) as manager:
        manager.register_event("Newstate", lambda _, event: names.append(event.calleridname))
        await fake.peers[0].send(NAMED, at=NAMED.index("ü".encode()) + 1)
        await answered(manager)
    assert names == ["Jrgen Ворон"]


@pytest.mark.parametrize("at", [3, *range(NAMED.index(b"J"), len(NAMED))])
async def test_a_message_split_anywhere_between_packets_arrives_whole(fake: FakeAmi, at: int) -> None:
    async with linked(fake) as link:
        await fake.peers[0].send(NAMED, at=at)
        event = await next_event(link, "Newstate")
    assert event.headers["CallerIDName"] == "Jürgen Ворон"


async def test_bytes_that_are_not_utf8_are_replaced_and_the_rest_stays(fake: FakeAmi) -> None:
    async with linked(fake) as link:
        await fake.peers[0].send(b"Event: Newstate\r\nCallerIDName: J\xfcrgen\r\nChannel: PJSIP/1\r\n\r\n")
        event = await next_event(link, "Newstate")
    assert (event.headers["CallerIDName"], event.headers["Channel"]) == ("J\ufffdrgen", "PJSIP/1")


# P15: close


async def test_bare_panoramisk_comes_back_after_close(fake: FakeAmi) -> None:
    lost = asyncio.Event()
    async with bare_panoramisk(fake, on_disconnect=lambda *_: lost.set()) as manager:
        fake.peers[0].cut()
        await lost.wait()
        manager.close()
        await fake.connected(2)


async def test_close_is_final_even_while_a_reconnect_is_due(fake: FakeAmi) -> None:
    watcher = Watcher()
    async with linked(fake, retry_first_ms=100, on_down=watcher.down) as link:
        fake.peers[0].cut()
        await watcher.saw("down")
        await link.close()
        await asyncio.sleep(0.5)  # the reconnect would have been due five times
        assert len(fake.peers) == 1
        assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("AMI link")]
        with pytest.raises(RuntimeError, match="make a new one"):
            await link.start()
        with pytest.raises(AmiLost, match="closed"):
            await link.action("Ping")


async def test_close_in_the_midst_of_a_reconnect_leaves_no_connection(fake: FakeAmi) -> None:
    watcher = Watcher()
    async with linked(fake, on_up=watcher.up):
        fake.on("CoreStatus", silence)
        fake.peers[0].cut()
        await fake.seen("CoreStatus", 2)
    await fake.until(lambda: fake.peers[1].ended)


async def test_close_while_the_first_start_is_under_way_leaves_no_connection(fake: FakeAmi) -> None:
    fake.on("Login", silence)
    link = AmiLink("127.0.0.1", fake.port, USER, SECRET)
    start = asyncio.create_task(link.start())
    (login,) = await fake.seen("Login")
    await link.close()
    await fake.peers[0].reply(login)
    with pytest.raises(AmiLost):
        await start
    await fake.until(lambda: fake.peers[0].ended)


async def test_close_ends_readers_and_fails_what_is_under_way_and_may_be_called_twice(fake: FakeAmi) -> None:
    fake.on("Redirect", silence)
    async with linked(fake) as link:
        reader = asyncio.create_task(Watcher().read(link))
        action = asyncio.create_task(link.action("Redirect"))
        await fake.seen("Redirect")
        await link.close()
        await asyncio.wait_for(reader, 20)
        with pytest.raises(AmiLost, match="closed by Holdless"):
            await action


# P16: a refused login


async def test_bare_panoramisk_tries_a_wrong_secret_for_ever_and_tells_nobody(fake: FakeAmi) -> None:
    async with bare_panoramisk(fake, secret="wrong"):
        await fake.connected(4)


async def test_a_wrong_secret_is_a_definite_error_that_names_the_user_and_is_not_tried_again(fake: FakeAmi) -> None:
    link = AmiLink("127.0.0.1", fake.port, USER, "wrong-secret", retry_first_ms=1)
    with pytest.raises(AmiLoginRefused, match=r"'holdless' \(Authentication failed\).*manager.conf") as refused:
        await link.start()
    await asyncio.sleep(0.1)
    assert len(fake.peers) == 1
    assert "wrong-secret" not in str(refused.value)


async def test_a_secret_changed_later_is_told_once_and_tried_with_growing_pauses_until_it_is_right_again(
    fake: FakeAmi, caplog: pytest.LogCaptureFixture
) -> None:
    watcher = Watcher()
    tries: list[float] = []

    async def login(peer: Peer, action: Action) -> None:
        tries.append(time.monotonic())
        await fake.usual(peer, action)

    async with linked(fake, on_up=watcher.up, retry_first_ms=20, retry_max_ms=80) as link:
        fake.on("Login", login)
        fake.secret = "changed"
        fake.peers[0].cut()
        await fake.seen("Login", 6)
        assert not link.up
        assert "refuses the manager user" in link.trouble
        fake.secret = SECRET
        await watcher.saw("up", 2)
    told = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(told) == 1
    pauses = [(after - before) * 1000 for before, after in itertools.pairwise(tries)]
    assert all(pause >= least * 0.9 for pause, least in zip(pauses, [40, 80, 80], strict=False))


# P17: a peer that freezes


async def test_bare_panoramisk_never_notices_a_frozen_peer(fake: FakeAmi) -> None:
    losses: list[object] = []
    async with bare_panoramisk(fake, ping_delay=1, ping_interval=1, on_disconnect=lambda *_: losses.append(1)):
        fake.frozen = True
        await fake.seen("Ping", 3)
        assert (losses, len(fake.peers)) == ([], 1)


async def test_a_frozen_peer_is_noticed_told_and_connected_again(fake: FakeAmi) -> None:
    watcher = Watcher()
    async with linked(fake, on_up=watcher.up, on_down=watcher.down, heartbeat_ms=200, deadline_ms=1_000):
        fake.frozen = True
        await watcher.saw("down: Asterisk did not answer a Ping within 200 ms")
        fake.frozen = False
        await watcher.saw("up", 2)
        await fake.until(lambda: fake.peers[0].ended)


# the first connection


async def test_nobody_listening_is_one_clear_line(fake: FakeAmi) -> None:
    await fake.stop_listening()
    with pytest.raises(AmiUnreachable, match=r"no Asterisk manager at 127.0.0.1:\d+ .*is Asterisk running"):
        await AmiLink("127.0.0.1", fake.port, USER, SECRET).start()


@pytest.mark.parametrize(
    ("greeting", "text"),
    [
        (b"", "does not greet as an Asterisk manager within 1000 ms"),
        (b"Asterisk Call Manager/11.0", "does not greet as an Asterisk manager within 1000 ms"),
        (b"SSH-2.0-OpenSSH_9\r\n", "not an Asterisk manager port"),
        (b"Asterisk Call Manager/" + b"1" * 10_000, "not an Asterisk manager port"),
    ],
)
async def test_a_peer_that_does_not_greet_as_asterisk_is_one_clear_line(
    fake: FakeAmi, greeting: bytes, text: str
) -> None:
    fake.greeting = greeting
    with pytest.raises(AmiUnreachable, match=text):
        await AmiLink("127.0.0.1", fake.port, USER, SECRET, deadline_ms=1_000).start()
    await fake.until(lambda: fake.peers[0].ended)


async def test_a_peer_that_closes_or_says_nothing_at_login_is_one_clear_line(fake: FakeAmi) -> None:
    async def close(peer: Peer, action: Action) -> None:
        peer.cut()

    for answer in (close, silence):
        fake.on("Login", answer)
        with pytest.raises(AmiUnreachable, match="does not answer the login"):
            await AmiLink("127.0.0.1", fake.port, USER, SECRET, deadline_ms=200).start()


async def test_a_greeting_split_between_packets_is_understood(fake: FakeAmi) -> None:
    fake.greeting = b"Aster"
    async with asyncio.timeout(20):
        link = AmiLink("127.0.0.1", fake.port, USER, SECRET)
        start = asyncio.create_task(link.start())
        peer = await fake.connected(1)
        await asyncio.sleep(0.05)
        await peer.send(b"isk Call Manager/11.0.0\r\n")
        await start
        await link.close()


# losing and finding


async def test_the_link_comes_back_when_asterisk_does(fake: FakeAmi) -> None:
    watcher = Watcher()
    async with linked(fake, on_up=watcher.up, on_down=watcher.down, retry_max_ms=50) as link:
        await fake.stop_listening()
        fake.peers[0].cut()
        await watcher.saw("down")
        with pytest.raises(AmiLost, match="CoreStatus was not sent"):
            await link.action("CoreStatus")
        await fake.listen()
        await watcher.saw("up", 2)
        assert (link.counts.connects, link.counts.losses) == (2, 1)


async def test_a_message_cut_in_the_middle_is_not_joined_to_the_next_connection(fake: FakeAmi) -> None:
    watcher = Watcher()
    async with linked(fake, on_up=watcher.up) as link:
        await fake.peers[0].send(b"Event: Hangup\r\nChannel: PJSIP/1-")
        fake.peers[0].cut()
        await watcher.saw("up", 2)
        await fake.peers[1].event("Hangup", Channel="PJSIP/2")
        assert (await next_event(link, "Hangup")).headers["Channel"] == "PJSIP/2"


async def test_events_of_a_new_connection_wait_until_the_resync_is_through(fake: FakeAmi) -> None:
    watcher, resynced = Watcher(), asyncio.Event()

    async def up(link: AmiLink) -> None:
        if len(fake.peers) == 2:
            await fake.peers[1].event("Hangup")
            await link.action("CoreStatus")  # its answer comes after the Hangup: that is here already
            assert len(link.events) == 2
            assert "Hangup" not in watcher.notes
            resynced.set()
        watcher.note("up")

    async with linked(fake, on_up=up, on_down=watcher.down) as link:
        reader = asyncio.create_task(watcher.read(link))
        await watcher.saw("FullyBooted")
        fake.peers[0].cut()
        await watcher.saw("Hangup")
        assert watcher.notes[0] == "up"
        assert watcher.notes[1] == "FullyBooted"
        assert watcher.notes[2].startswith("down")
        assert watcher.notes[3:] == ["up", "FullyBooted", "Hangup"]
    assert resynced.is_set()
    await reader


async def test_a_break_during_the_resync_begins_it_anew(fake: FakeAmi) -> None:
    watcher = Watcher()

    async def up(link: AmiLink) -> None:
        watcher.note("begun")
        if len(fake.peers) == 2:
            fake.peers[1].cut()
            await fake.until(lambda: fake.peers[1].ended)
            await asyncio.sleep(0.05)
        watcher.note("up")

    async with linked(fake, on_up=up, on_down=watcher.down) as link:
        fake.peers[0].cut()
        await watcher.saw("begun", 3)
        await link.action("CoreStatus")
        assert (len(fake.peers), link.counts.connects, link.counts.losses) == (3, 2, 1)


# floods


async def test_a_reader_too_far_behind_costs_the_link_and_a_resync_but_never_an_event_in_silence(
    fake: FakeAmi, caplog: pytest.LogCaptureFixture
) -> None:
    watcher = Watcher()
    async with linked(fake, on_up=watcher.up, on_down=watcher.down, inbox_size=100) as link:
        await fake.peers[0].send(message(Event="Newexten") * 500)
        await watcher.saw("down: the reader is 100 events behind")
        await watcher.saw("up", 2)
        await fake.peers[1].event("Hangup")
        assert (await next_event(link, "Hangup")).name == "Hangup"
        assert (link.counts.overflows, link.counts.events_forgotten) == (1, 100)
    assert "events behind" in caplog.text


async def test_a_link_that_breaks_as_soon_as_it_is_up_is_not_taken_up_again_without_a_pause(fake: FakeAmi) -> None:
    tries: list[float] = []

    async def up(link: AmiLink) -> None:
        tries.append(time.monotonic())
        asyncio.get_running_loop().call_later(0.001, fake.peers[-1].cut)

    async with linked(fake, on_up=up, retry_first_ms=20, retry_max_ms=80):
        await fake.connected(5)
    pauses = [(after - before) * 1000 for before, after in itertools.pairwise(tries)]
    assert all(pause >= least * 0.9 for pause, least in zip(pauses, [20, 40, 80], strict=False))


async def test_a_burst_reaches_a_reader_who_keeps_up_whole_and_in_order(fake: FakeAmi) -> None:
    burst = b"".join(message(Event="Newexten", Number=str(number)) for number in range(5000))
    async with linked(fake) as link:
        sending = asyncio.create_task(fake.peers[0].send(burst + message(Event="Last")))
        numbers = []
        async with asyncio.timeout(20):
            async for event in link.events:
                if event.name == "Last":
                    break
                numbers.append(event.headers.get("Number"))
        await sending
    assert numbers == [None, *map(str, range(5000))]  # FullyBooted first
