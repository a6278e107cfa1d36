"""Key presses as RTP telephone-events (RFC 4733)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

EVENT_PAYLOAD = 101
"""The dynamic payload type the kit's SDP gives to telephone-event."""
PACKET_MS = 20
KEY_MS = 100
"""How long each key is held."""
GAP_MS = 60
"""Silence between two keys."""

_EVENTS = {key: code for code, key in enumerate("0123456789*#ABCD")}
_ENDS = 3  # RFC 4733, 2.5.1.4: the last packet of an event is sent three times


@dataclass(frozen=True, slots=True)
class RtpPacket:
    """One packet to send *at_ms* after the first."""

    at_ms: int
    payload_type: int
    marker: bool
    timestamp: int
    """In samples, relative to the start."""
    payload: bytes


def key_packets(keys: str, held_ms: int = KEY_MS, gap_ms: int = GAP_MS) -> Iterator[RtpPacket]:
    """The packets of pressing *keys* one after another. ValueError for what is no key.

    Each event has one timestamp for all its packets; two events never share it, or the second would look like a
    duplicate of the first. *held_ms*: a multiple of PACKET_MS.
    """
    at_ms = 0
    for key in keys.upper():
        if key not in _EVENTS:
            raise ValueError(f"{key!r} is not a key of a telephone")
        start = at_ms * 8
        for so_far_ms in range(PACKET_MS, held_ms + 1, PACKET_MS):
            last = so_far_ms == held_ms
            body = struct.pack("!BBH", _EVENTS[key], 0x80 | 10 if last else 10, so_far_ms * 8)
            for _ in range(_ENDS if last else 1):
                yield RtpPacket(at_ms, EVENT_PAYLOAD, so_far_ms == PACKET_MS, start, body)
                at_ms += PACKET_MS
        at_ms += gap_ms
