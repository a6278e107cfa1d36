"""Whether callers hear music without a gap: when the packets arrive that Asterisk sends to some of them.

The times are the kernel's own (SO_TIMESTAMPNS, socket(7)), taken as each packet reaches the socket, so a busy reader
makes no gaps. What a busy machine does to Asterisk's own threads is in them all the same: packets that come late, and
then one upon the other. So the packets are counted too, by their numbers (RFC 3550, section 5.1), each of them 20 ms of
music: that tells music that came late from music that stood still. (Their own time does not: Asterisk lets it go on by
20 ms where a packet is less than 80 ms late, MAX_TIMESTAMP_SKEW in res_rtp_asterisk.c.)
"""

from __future__ import annotations

import asyncio
import socket
import struct
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

_TIMESPEC = struct.Struct("qq")  # seconds, nanoseconds
_SO_TIMESTAMPNS = 35
"""asm-generic/socket.h; Python's socket module has no name for it."""
_BUFFER_BYTES = 1 << 20
_PACKET_BYTES = 2_048
_RTP = struct.Struct("!BBHII")
"""Version and flags, marker and payload type, number, time, source."""
_PACKET_S = 0.02
"""The music in one."""


@dataclass(frozen=True, slots=True)
class Packet:
    """One RTP packet."""

    at: float
    """When it came, Unix seconds."""
    number: int
    source: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What one or several callers heard in some time."""

    gap_ms: float
    """The longest time without a packet."""
    behind_ms: float
    """How much music was missing in the end: this time, less 20 ms for each packet that was sent in it. Less than the
    gap: packets came late and then one upon the other, so that a phone that keeps a few in store plays on; as much:
    the music stood still."""
    missing: int
    """Packets that were sent, by their numbers, and did not come."""


def heard_in(packets: Sequence[Packet]) -> Heard:
    """What these are, one after the other, from one sender (two at least)."""
    gap = behind = 0.0
    missing = 0
    for before, one in pairwise(packets):
        gap = max(gap, one.at - before.at)
        if one.source == before.source:
            sent = (one.number - before.number) % 2**16
            behind += one.at - before.at - sent * _PACKET_S
            missing += sent - 1
    return Heard(gap_ms=gap * 1000, behind_ms=max(0.0, behind) * 1000, missing=missing)


def worst(heard: Sequence[Heard]) -> Heard | None:
    """The worst of each; None of none."""
    if not heard:
        return None
    return Heard(
        gap_ms=max(one.gap_ms for one in heard),
        behind_ms=max(one.behind_ms for one in heard),
        missing=sum(one.missing for one in heard),
    )


class Ear:
    """One UDP port, and when its packets came."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
        self.socket.setblocking(False)
        self.socket.bind(("127.0.0.1", 0))
        self.port: int = self.socket.getsockname()[1]
        self._packets: list[Packet] = []

    def listen(self) -> None:
        """Reads what has come."""
        while True:
            try:
                data, ancillary, _, _ = self.socket.recvmsg(_PACKET_BYTES, socket.CMSG_SPACE(_TIMESPEC.size))
            except BlockingIOError:
                return
            for level, kind, stamp in ancillary:
                if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS and len(data) >= _RTP.size:
                    seconds, nanoseconds = _TIMESPEC.unpack(stamp)
                    _, _, number, _, source = _RTP.unpack_from(data)
                    self._packets.append(Packet(seconds + nanoseconds / 1e9, number, source))

    def heard(self, since: float, until: float) -> Heard | None:
        """What came in between (Unix seconds); None where nothing came before or after."""
        first = bisect_right(self._packets, since, key=_arrival) - 1
        last = bisect_left(self._packets, until, key=_arrival)
        if first < 0 or last >= len(self._packets):
            return None
        return heard_in(self._packets[first : last + 1])


def _arrival(packet: Packet) -> float:
    return packet.at


class Ears:
    """The ports of a sample of the callers: every so many has one, the others' audio goes where nobody listens."""

    def __init__(self, ports: int, listening: int) -> None:
        """*ports*: how many callers in a row have a place of their own; *listening*: how many of these places, evenly
        spread, are listened to."""
        step = max(1, ports // listening)
        self._unheard = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._unheard.bind(("127.0.0.1", 0))
        unheard = self._unheard.getsockname()[1]
        self._ears = {place: Ear() for place in range(0, ports, step)}
        self.ports: Sequence[int] = [
            self._ears[place].port if place in self._ears else unheard for place in range(ports)
        ]

    def listen(self) -> None:
        """From now on, on the running event loop."""
        for ear in self._ears.values():
            asyncio.get_running_loop().add_reader(ear.socket, ear.listen)

    def of(self, caller: int) -> Ear | None:
        """Who listens to the caller of this number (the first is 1), and to those as many places before and behind."""
        return self._ears.get((caller - 1) % len(self.ports))

    def close(self) -> None:
        """Frees the ports."""
        loop = asyncio.get_running_loop()
        for ear in self._ears.values():
            loop.remove_reader(ear.socket)
            ear.socket.close()
        self._unheard.close()
