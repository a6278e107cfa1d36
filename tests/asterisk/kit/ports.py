"""Ports that no other test run takes meanwhile.

Some ports must stay free until a test uses them: of a phone that is switched off, of an engine that is not there. So
they lie below the range that the kernel hands out by itself, and a lock file, which ends with this process, keeps
other runs of the kit on this machine away from them.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import socket
import tempfile
from pathlib import Path

LOWEST, HIGHEST = 20_500, 31_999
_ATTEMPTS = 200
_LOCKS: list[int] = []  # open files; closing one would give its port up


def free_ports(count: int) -> list[int]:
    """*count* ports in a row that nothing on loopback listens on, by UDP or TCP; ours until the process ends."""
    for _ in range(_ATTEMPTS):
        first = LOWEST + secrets.randbelow(HIGHEST - LOWEST - count)
        ports = list(range(first, first + count))
        if _lock(ports):
            return ports
    raise RuntimeError(f"no {count} free ports in a row between {LOWEST} and {HIGHEST}")


def free_port() -> int:
    """One port that nothing on loopback listens on; ours until the process ends."""
    return free_ports(1)[0]


def passing_port() -> int:
    """A UDP port of the kernel's choice, for a program that takes it at once."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _lock(ports: list[int]) -> bool:
    """Take all of *ports*, or none."""
    folder = Path(tempfile.gettempdir()) / f"holdless-test-ports-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    taken: list[int] = []
    for port in ports:
        file = os.open(folder / str(port), os.O_CREAT | os.O_RDWR, 0o600)
        taken.append(file)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            break
        if not all(_is_free(port, kind) for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM)):
            break
    else:
        _LOCKS.extend(taken)
        return True
    for file in taken:
        os.close(file)
    return False


def _is_free(port: int, kind: socket.SocketKind) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
