"""Whether callers hear music without a gap: when the packets arrive that Asterisk sends to some of them.

The times are the kernel's own (SO_TIMESTAMPNS, socket(7)), taken as each packet reaches the socket, so a busy reader
makes no gaps. What a busy machine does to Asterisk's own threads is in them all the same.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import pairwise

_TIMESPEC = struct.Struct("qq")  # seconds, nanoseconds
_SO_TIMESTAMPNS = 35
"""asm-generic/socket.h; Python's socket module has no name for it."""
_BUFFER_BYTES = 1 << 20
_PACKET_BYTES = 2_048


class Ear:
    """One UDP port, and when its packets came."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
        self.socket.setblocking(False)
        self.socket.bind(("127.0.0.1", 0))
        self.port: int = self.socket.getsockname()[1]
        self._at: list[float] = []

    def listen(self) -> None:
        """Reads what has come."""
        while True:
            try:
                _, ancillary, _, _ = self.socket.recvmsg(_PACKET_BYTES, socket.CMSG_SPACE(_TIMESPEC.size))
            except BlockingIOError:
                return
            for level, kind, stamp in ancillary:
                if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS:
                    seconds, nanoseconds = _TIMESPEC.unpack(stamp)
                    self._at.append(seconds + nanoseconds / 1e9)

    def longest_gap_ms(self, since: float, until: float) -> float | None:
        """The longest time without a packet in between (Unix seconds); None where none came before or after."""
        first, last = bisect_right(self._at, since) - 1, bisect_left(self._at, until)
        if first < 0 or last >= len(self._at):
            return None
        return max(later - earlier for earlier, later in pairwise(self._at[first : last + 1])) * 1000


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
