"""Free ports below the range that the kernel hands out by itself, so that nobody takes one between look and use."""

from __future__ import annotations

import secrets
import socket

LOWEST, HIGHEST = 20_500, 31_999
_ATTEMPTS = 200


def free_ports(count: int) -> list[int]:
    """*count* ports in a row that nothing on loopback listens on now, by UDP or TCP."""
    for _ in range(_ATTEMPTS):
        first = LOWEST + secrets.randbelow(HIGHEST - LOWEST - count)
        ports = list(range(first, first + count))
        if all(_is_free(port, kind) for port in ports for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM)):
            return ports
    raise RuntimeError(f"no {count} free ports in a row between {LOWEST} and {HIGHEST}")


def free_port() -> int:
    """One port that nothing on loopback listens on now."""
    return free_ports(1)[0]


def _is_free(port: int, kind: socket.SocketKind) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
