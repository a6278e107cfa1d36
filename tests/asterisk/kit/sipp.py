"""SIPp as callers and as agents' phones, one process each, with their audio and every message's time."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from tests.asterisk.kit.asterisk import Agent, Asterisk
from tests.asterisk.kit.keys import GAP_MS, KEY_MS
from tests.asterisk.kit.ports import passing_port
from tests.asterisk.kit.program import KitError, find_sipp
from tests.asterisk.kit.rtp import RtpEnd
from tests.asterisk.kit.scenarios import (
    CALL,
    MEDIA,
    REASON,
    CallerBehaviour,
    PhoneBehaviour,
    caller_scenario,
    phone_scenario,
)

CALLER_HZ, AGENT_HZ = 440.0, 1_000.0
"""The tones by which callers and agents are told apart."""
DEADLINE_MS = 30_000
"""How long the kit waits for something that should happen at once."""
_POLL_SECONDS = 0.005
_LOST_AFTER_SECONDS = 5.0
"""An order that SIPp has not noted by then is given again; no sooner, as a phone that has answered hangs up at the
second one."""


@dataclass(frozen=True, slots=True)
class SipMessage:
    """A line of SIPp's log of messages."""

    at: float
    """Unix time in seconds, to the microsecond, as SIPp read or sent it."""
    sent: bool
    """By SIPp; else it was received."""
    call_id: str
    line: str
    """The first line: `INVITE sip:a0001@… SIP/2.0`, `SIP/2.0 200 OK`."""
    method: str
    """The method of the request, or of the request that is answered."""

    @property
    def what(self) -> str:
        """The method of a request, the status code of an answer."""
        first, second = self.line.split(" ", 2)[:2]
        return second if first == "SIP/2.0" else first

    @property
    def user(self) -> str:
        """The user part of a request's address."""
        return self.line.split(" ")[1].removeprefix("sip:").partition("@")[0]


@dataclass(slots=True)
class Sipp:
    """One SIPp process. `start` it, `close` it; `messages` grows as they come."""

    scenario: str
    port: int
    rtp: RtpEnd
    arguments: tuple[str, ...] = ()
    messages: list[SipMessage] = field(default_factory=list)
    call_names: dict[str, str] = field(default_factory=dict)
    """The CC_ID that an INVITE carried in X-Holdless-Call, by Call-ID."""
    reasons: dict[str, str] = field(default_factory=dict)
    """By Call-ID; see `reason`."""
    _directory: tempfile.TemporaryDirectory[str] = field(
        default_factory=lambda: tempfile.TemporaryDirectory(prefix="sipp-")
    )
    _orders: int = 0
    _orders_heard: int = 0
    _ordered: tuple[str, float] = ("", 0.0)
    """The last order: the call's Call-ID, and when it was sent, on the monotonic clock."""
    _process: subprocess.Popen[bytes] | None = None
    _reader: asyncio.Task[None] | None = None

    async def start(self) -> Self:
        """Start SIPp and wait until it listens. KitError with SIPp's words when it doesn't."""
        place = Path(self._directory.name)
        (place / "scenario.xml").write_text(self.scenario)
        with (place / "screen").open("wb") as screen:
            self._process = subprocess.Popen(  # noqa: ASYNC220 - it starts at once and is only polled
                [
                    *(find_sipp(), "-sf", "scenario.xml", "-i", "127.0.0.1", "-p", str(self.port), "-nostdin"),
                    *("-trace_shortmsg", "-shortmessage_file", "messages", "-trace_logs", "-log_file", "log"),
                    *("-trace_err", "-error_file", "errors", *self.arguments),
                ],
                cwd=place,
                stdin=subprocess.DEVNULL,
                stdout=screen,
                stderr=screen,
            )  # fmt: skip
        pid = self._process.pid
        self._reader = asyncio.create_task(self._read(), name=f"SIPp {self.port}")
        await self._until(lambda: self.ended or _listens(pid, self.port), "SIPp to listen")
        if self.ended and self._process.returncode not in (0, 1):
            raise KitError(f"SIPp did not start: {self._words()}")
        return self

    async def close(self) -> None:
        """End the process and its audio, whatever it is in the middle of."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                await asyncio.to_thread(self._process.wait, 2)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)
        await self.rtp.close()
        self._directory.cleanup()

    @property
    def ended(self) -> bool:
        """Whether the process has ended."""
        return self._process is not None and self._process.poll() is not None

    def seen(self, what: str, *, method: str | None = None) -> list[SipMessage]:
        """The messages so far with this method or status code, optionally only answers to *method*."""
        return [one for one in self.messages if one.what == what and method in (None, one.method)]

    async def saw(
        self, what: str, *, method: str | None = None, times: int = 1, within_ms: int = DEADLINE_MS
    ) -> SipMessage:
        """Wait for the *times*-th such message and return it. KitError when it does not come."""
        await self._until(
            lambda: len(self.seen(what, method=method)) >= times,
            f"{what} ({method or 'any'}) number {times}",
            within_ms,
        )
        return self.seen(what, method=method)[times - 1]

    async def reason(self, ended: SipMessage) -> str:
        """Why the other side sent this CANCEL or BYE, in the words of its Reason: `SIP;cause=200;…`."""
        await self._until(lambda: ended.call_id in self.reasons, "the reason to be read")
        return self.reasons[ended.call_id]

    def order(self) -> None:
        """Tell the newest call to go on: a ringing phone answers, a talking side hangs up."""
        if not self.messages:
            raise KitError("there is no call to give an order to")
        self._orders += 1
        self._order(self.messages[-1].call_id)

    def _order(self, call_id: str) -> None:
        self._ordered = (call_id, time.monotonic())
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.bind(("127.0.0.1", 0))
            port = sender.getsockname()[1]
            text = "\r\n".join(
                [
                    f"INFO sip:kit@127.0.0.1:{self.port} SIP/2.0",
                    f"Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bKorder{time.time_ns()}",
                    "From: <sip:order@127.0.0.1>;tag=order",
                    f"To: <sip:kit@127.0.0.1:{self.port}>",
                    f"Call-ID: {call_id}",
                    "CSeq: 100 INFO",
                    "Content-Length: 0",
                    "\r\n",
                ]
            )
            sender.sendto(text.encode(), ("127.0.0.1", self.port))

    async def _read(self) -> None:
        """Follow SIPp's files: messages, and where the exchange wants the audio."""
        place = Path(self._directory.name)
        messages, media = Tail(place / "messages"), Tail(place / "log")
        while True:
            for line in messages.lines():
                if (message := _parse(line)) is None:
                    self._orders_heard += 1
                else:
                    self.messages.append(message)
            for line in media.lines():
                word, call_id, value = line.split(" ", 2)
                if word == REASON:
                    self.reasons[call_id] = value.removeprefix("Reason: ").strip()
                elif word == MEDIA:
                    self.rtp.send_to(int(value))
                elif word == CALL:
                    self.call_names[call_id] = value.strip()
            self._repeat_a_lost_order()
            await asyncio.sleep(_POLL_SECONDS)

    def _repeat_a_lost_order(self) -> None:
        """A datagram that a machine had no room for is not sent again by anybody else."""
        call_id, at = self._ordered
        if self._orders_heard < self._orders and time.monotonic() - at > _LOST_AFTER_SECONDS:
            self._order(call_id)

    async def _until(self, done: Callable[[], bool], what: str, within_ms: int = DEADLINE_MS) -> None:
        until = time.monotonic() + within_ms / 1000
        while not done():
            if time.monotonic() > until:
                so_far = "\n".join(f"{one.at:.6f} {'>' if one.sent else '<'} {one.line}" for one in self.messages)
                raise KitError(f"waited {within_ms} ms in vain for {what}; messages so far:\n{so_far}\n{self._words()}")
            await asyncio.sleep(_POLL_SECONDS)

    def _words(self) -> str:
        files = [Path(self._directory.name) / name for name in ("errors", "screen")]
        return "\n".join(file.read_text(errors="replace")[-2000:] for file in files if file.exists())


class Caller(Sipp):
    """A caller in one call."""

    async def answered(self) -> SipMessage:
        """Wait until the exchange has answered."""
        return await self.saw("200", method="INVITE")

    async def press(self, keys: str, *, held_ms: int = KEY_MS, gap_ms: int = GAP_MS) -> None:
        """Press *keys* (RFC 4733), each held so long, with such gaps."""
        await self.rtp.press(keys, held_ms, gap_ms)

    def hang_up(self) -> None:
        """Send BYE."""
        self.order()

    async def gone(self) -> SipMessage:
        """Wait for the BYE that ends the call, by whichever side."""
        return await self.saw("BYE")


class Phone(Sipp):
    """An agent's phone, for any number of calls one after another."""

    async def rings(self, *, times: int = 1) -> SipMessage:
        """Wait for the INVITE number *times*."""
        return await self.saw("INVITE", times=times)

    async def answers(self, *, times: int = 1) -> SipMessage:
        """Wait until it has sent its 200 OK number *times* to an INVITE."""
        return await self.saw("200", method="INVITE", times=times)

    def pick_up(self) -> None:
        """Answer the call that rings."""
        self.order()

    def hang_up(self) -> None:
        """Send BYE in the call that talks."""
        self.order()


@asynccontextmanager
async def caller(
    asterisk: Asterisk,
    number: str = "100",
    *,
    sender: str = '"Olena Test" <sip:+380501112233@127.0.0.1>',
    asserted: str = "",
    privacy: str = "",
    hz: float = CALLER_HZ,
) -> AsyncIterator[Caller]:
    """A caller who has dialled *number*; leaves nothing behind."""
    rtp = await RtpEnd.open(hz)
    behaviour = CallerBehaviour(number=number, sender=sender, asserted=asserted, privacy=privacy)
    sipp = Caller(
        caller_scenario(behaviour, rtp_port=rtp.port),
        passing_port(),
        rtp,
        (f"127.0.0.1:{asterisk.sip_port}", "-m", "1"),
    )
    try:
        yield await sipp.start()
    finally:
        await sipp.close()


@asynccontextmanager
async def phone(agent: Agent, behaviour: PhoneBehaviour | None = None, *, hz: float = AGENT_HZ) -> AsyncIterator[Phone]:
    """The phone of *agent*, switched on; leaves nothing behind. Without it the agent is unreachable."""
    rtp = await RtpEnd.open(hz)
    sipp = Phone(phone_scenario(behaviour or PhoneBehaviour(), rtp_port=rtp.port), agent.port, rtp)
    try:
        yield await sipp.start()
    finally:
        await sipp.close()


@dataclass(slots=True)
class Tail:
    """The whole lines that were added to a file since the last look."""

    path: Path
    _at: int = 0

    def lines(self) -> list[str]:
        """Empty ones left out; none where the file is not there yet."""
        try:
            with self.path.open("rb") as file:
                file.seek(self._at)
                added = file.read()
        except FileNotFoundError:
            return []
        whole = added[: added.rfind(b"\n") + 1]
        self._at += len(whole)
        return [line for line in whole.decode(errors="replace").splitlines() if line]


def _parse(line: str) -> SipMessage | None:
    """date, time, Unix time, S or R, Call-ID, CSeq, first line; None for orders of our own."""
    _, _, at, direction, call_id, cseq, first = line.split("\t", 6)
    method = cseq.rpartition(" ")[2]
    if method == "INFO":
        return None
    return SipMessage(float(at), direction == "S", call_id, first, method)


def _listens(pid: int, port: int) -> bool:
    """Whether the process *pid* has the UDP *port*.

    Read from the kernel (proc(5), /proc/net/udp): a try to bind the port might be in SIPp's way, and somebody else's
    such try might look like SIPp.
    """
    rows = [line.split() for line in Path("/proc/net/udp").read_text().splitlines()[1:]]
    sockets = {f"socket:[{row[9]}]" for row in rows if int(row[1].rpartition(":")[2], 16) == port}
    try:
        return any(os.readlink(file) in sockets for file in Path(f"/proc/{pid}/fd").iterdir())
    except FileNotFoundError:  # a file or the process is gone meanwhile; the caller looks again
        return False
