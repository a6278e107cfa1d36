"""One end of a call's audio: sends a tone of its own, keeps what it hears, presses keys.

In place of SIPp's media, so that a test can say who hears whom by the packets that really arrive.
"""

from __future__ import annotations

import asyncio
import random
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tests.asterisk.kit.keys import EVENT_PAYLOAD, GAP_MS, KEY_MS, PACKET_MS, RtpPacket, key_packets
from tests.asterisk.kit.sounds import RATE, from_ulaw, loudness, share_of_tone, to_ulaw, tone

_PCMU = 0
_SAMPLES = RATE * PACKET_MS // 1000
_HEADER = struct.Struct("!BBHII")
_KEPT_PACKETS = 30_000  # ten minutes
_TONE_SHARE = 0.5
_SILENCE = 100.0
_Judge = Callable[[NDArray[np.int16]], bool]


@dataclass(frozen=True, slots=True)
class HeardPacket:
    """Audio that arrived: *at*, Unix time in seconds, and its µ-law bytes."""

    at: float
    payload: bytes


class RtpEnd(asyncio.DatagramProtocol):
    """Open with `await RtpEnd.open(hz)`, close with `close`. Sends once it knows where to (`send_to`)."""

    def __init__(self, hz: float) -> None:
        self.hz = hz
        self.heard: list[HeardPacket] = []
        self.keys_heard = ""
        """Keys that the other side sent by RFC 4733."""
        self.port = 0
        self._frames = [to_ulaw(part) for part in np.split(tone(hz, 1.0), RATE // _SAMPLES)]
        self._peer: tuple[str, int] | None = None
        self._transport: asyncio.DatagramTransport | None = None
        self._sender: asyncio.Task[None] | None = None
        self._to_press: list[RtpPacket] = []
        self._pressed = asyncio.Event()
        self._source = random.getrandbits(32)
        self._sequence = random.getrandbits(15)
        self._last_event: int | None = None

    @classmethod
    async def open(cls, hz: float) -> Self:
        """An end on a free port that will send the tone *hz*."""
        end = cls(hz)
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: end, local_addr=("127.0.0.1", 0))
        end._transport = transport
        end.port = transport.get_extra_info("sockname")[1]
        end._sender = asyncio.create_task(end._send_on(), name=f"RTP {end.port}")
        return end

    async def close(self) -> None:
        """Stop sending and hearing."""
        if self._sender is not None:
            self._sender.cancel()
            await asyncio.gather(self._sender, return_exceptions=True)
        if self._transport is not None:
            self._transport.close()

    def send_to(self, port: int) -> None:
        """Send from now on to *port* of the exchange."""
        self._peer = ("127.0.0.1", port)

    async def press(self, keys: str, held_ms: int = KEY_MS, gap_ms: int = GAP_MS) -> None:
        """Press *keys* in place of the tone; returns when the last is released."""
        self._to_press = list(key_packets(keys, held_ms, gap_ms))
        self._pressed.clear()
        await self._pressed.wait()

    async def hears_tone(self, hz: float, *, within_ms: int = 15_000) -> bool:
        """Whether the tone *hz* is the most of 100 ms of what arrives from now on, at some time *within_ms*."""
        return await self._hears(lambda sound: share_of_tone(sound, hz) > _TONE_SHARE, within_ms)

    async def hears_sound(self, *, within_ms: int = 15_000) -> bool:
        """Whether anything but silence arrives from now on *within_ms*."""
        return await self._hears(lambda sound: loudness(sound) > _SILENCE, within_ms)

    async def hears_speech(self, *, not_hz: float, within_ms: int = 15_000) -> bool:
        """Whether sound arrives that is not the tone *not_hz*: a prompt where music is a tone."""
        return await self._hears(
            lambda sound: loudness(sound) > _SILENCE and share_of_tone(sound, not_hz) < 1 - _TONE_SHARE, within_ms
        )

    def last(self, packets: int) -> NDArray[np.int16]:
        """The newest *packets* that arrived, as samples."""
        return from_ulaw(b"".join(packet.payload for packet in self.heard[-packets:]))

    def longest_gap_ms(self, since: float) -> float:
        """The longest time without a packet after *since* (Unix seconds) until the newest one."""
        times = [packet.at for packet in self.heard if packet.at >= since]
        return max((later - earlier for earlier, later in pairwise(times)), default=0.0) * 1000

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """An RTP packet of the exchange."""
        if len(data) < _HEADER.size or len(self.heard) >= _KEPT_PACKETS:
            return
        kind = data[1] & 0x7F
        if kind == _PCMU:
            self.heard.append(HeardPacket(time.time(), data[_HEADER.size :]))
        elif kind == EVENT_PAYLOAD:
            timestamp = struct.unpack_from("!I", data, 4)[0]
            if timestamp != self._last_event:
                self._last_event = timestamp
                self.keys_heard += "0123456789*#ABCD"[data[_HEADER.size] & 0x0F]

    async def _hears(self, right: _Judge, within_ms: int) -> bool:
        window, start = 5, len(self.heard)
        until = time.monotonic() + within_ms / 1000
        while time.monotonic() < until:
            if len(self.heard) - start >= window and right(self.last(window)):
                return True
            await asyncio.sleep(PACKET_MS / 1000)
        return False

    async def _send_on(self) -> None:
        """A packet every 20 ms; late ones are sent at once, so that the clock of the stream stays right."""
        start, count = time.monotonic(), 0
        pressed_at: int | None = None
        while True:
            timestamp = count * _SAMPLES
            if self._to_press:
                pressed_at = timestamp if pressed_at is None else pressed_at
                due = (timestamp - pressed_at) // 8
                if self._to_press[0].at_ms <= due:
                    packet = self._to_press.pop(0)
                    self._send(packet.payload_type, packet.marker, pressed_at + packet.timestamp, packet.payload)
            else:
                pressed_at = None
                self._pressed.set()
                self._send(_PCMU, count == 0, timestamp, self._frames[count % len(self._frames)])
            count += 1
            await asyncio.sleep(max(0.0, start + count * PACKET_MS / 1000 - time.monotonic()))

    def _send(self, kind: int, marker: bool, timestamp: int, payload: bytes) -> None:
        if self._peer is None or self._transport is None:
            return
        self._sequence = (self._sequence + 1) & 0xFFFF
        second = kind | (0x80 if marker else 0)
        header = _HEADER.pack(0x80, second, self._sequence, timestamp & 0xFFFFFFFF, self._source)
        self._transport.sendto(header + payload, self._peer)
