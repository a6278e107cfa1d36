"""SIPp as many callers and as all agents' phones, and what their logs say of each call.

The times are SIPp's own, to the microsecond, as it read or sent each message. A caller's number, the call's number in
the load, is shown to the phone, so caller's and agent's side of a call are matched by what the call itself carried,
never by order of arrival.
"""

from __future__ import annotations

import re
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.asterisk_scenarios import Load, callers_scenario, phones_scenario
from tests.asterisk.kit.ports import free_port
from tests.asterisk.kit.program import KitError, find_sipp

_START_S = 5.0
_ENDS_S = 3.0
_TAG_DIGITS = 4


@dataclass(slots=True, kw_only=True)
class Call:
    """One caller's call as SIPp saw it; Unix seconds, None where it did not come to that."""

    number: int
    answered: float | None = None
    """The exchange answered the caller (200 OK), who enters the queue then."""
    gone: float | None = None
    """The caller was hung up on."""
    agent: str = ""
    rang: float | None = None
    """The first INVITE came to an agent's phone."""
    rings: int = 0
    """To how many INVITEs to phones it came."""
    freed: float | None = None
    """The agent's phone sent BYE."""


@contextmanager
def phones(folder: Path, port: int, load: Load) -> Iterator[subprocess.Popen[bytes]]:
    """One SIPp that is every agent's phone: rings, answers at once, talks, hangs up."""
    with _sipp(folder, "phones", phones_scenario(load), port) as process:
        yield process


@contextmanager
def callers(folder: Path, asterisk_port: int, extension: str, load: Load) -> Iterator[subprocess.Popen[bytes]]:
    """One SIPp that is all callers: they call *extension* and stay until the exchange hangs up."""
    how_many = round(load.calls_per_second * load.seconds) if load.callers_most is None else 1_000_000
    arguments = [
        f"127.0.0.1:{asterisk_port}",
        *("-s", extension, "-r", f"{load.calls_per_second:g}", "-rp", "1000", "-m", str(how_many)),
        *("-l", str(load.callers_most or 3_000)),
    ]
    # Asterisk may still send a phone something of an earlier run: each run's callers have numbers of their own.
    tag = 10 ** (_TAG_DIGITS - 1) + secrets.randbelow(9 * 10 ** (_TAG_DIGITS - 1))
    if load.media:
        ports = folder / "ports.csv"
        ports.write_text("\n".join(["SEQUENTIAL", *map(str, load.media), ""]))
        arguments += ["-inf", str(ports)]
    with _sipp(folder, "callers", callers_scenario(load, str(tag)), free_port(), arguments) as process:
        yield process


def stop_calling(process: subprocess.Popen[bytes]) -> None:
    """No new calls; SIPp ends once the last one has."""
    if process.poll() is None:
        process.send_signal(signal.SIGUSR1)


def calls_in(folder: Path) -> list[Call]:
    """Every call that was begun, by its number."""
    found: dict[int, Call] = {}
    for row in _rows(folder / "callers" / "messages"):
        one = message_in(row)
        call = found.setdefault(one.caller, Call(number=one.caller))
        if one.line.startswith("SIP/2.0 200") and call.answered is None:
            call.answered = one.at
        elif one.line.startswith("BYE") and not one.sent and call.gone is None:
            call.gone = one.at
    tag = tag_of(folder)
    carried = {
        call_id: found[caller]
        for call_id, caller in (carried_in(row, tag) for row in _rows(folder / "phones" / "log"))
        if caller is not None
    }
    seen: set[str] = set()
    for row in _rows(folder / "phones" / "messages"):
        one = message_in(row)
        if one.call_id not in carried:
            continue
        call = carried[one.call_id]
        if one.line.startswith("INVITE") and one.call_id not in seen:
            seen.add(one.call_id)
            call.rings += 1
            if call.rang is None:
                call.rang = one.at
                call.agent = one.user
        elif one.line.startswith("BYE") and one.sent and call.freed is None:
            call.freed = one.at
    return list(found.values())


@dataclass(frozen=True, slots=True)
class Message:
    """A row of SIPp's log of messages."""

    at: float
    """Unix seconds."""
    sent: bool
    """By SIPp; else it was received."""
    call_id: str
    line: str
    """The first one: ``INVITE sip:a0001@… SIP/2.0``, ``SIP/2.0 200 OK``."""

    @property
    def caller(self) -> int:
        """Of a message of a caller's call: the call's number in the load."""
        return int(self.call_id.partition("-")[0])

    @property
    def user(self) -> str:
        """The user part of a request's address."""
        return self.line.split(" ")[1].removeprefix("sip:").partition("@")[0]


def message_in(row: str) -> Message:
    """What a row of SIPp's file ``messages`` says."""
    _, _, at, direction, call_id, _, line = row.split("\t", 6)
    return Message(float(at), direction == "S", call_id, line)


def tag_of(folder: Path) -> str:
    """With what the numbers of all callers of this load begin."""
    return (folder / "callers" / "scenario.xml").read_text().partition("From: <sip:")[2][:_TAG_DIGITS]


_CARRIED = re.compile(r"(\S+) .*<sip:(\d+)@")


def carried_in(row: str, tag: str) -> tuple[str, int | None]:
    """What a row of the phones' file ``log`` says: the Call-ID of an INVITE to a phone, and the number of the caller
    whom it carried; None for a caller of another load. KitError for an INVITE that carries none."""
    match = _CARRIED.match(row)
    if match is None:
        raise KitError(f"an INVITE to a phone does not carry its call's number: {row!r}")
    return match[1], int(match[2][_TAG_DIGITS:]) if match[2].startswith(tag) else None


def _rows(file: Path) -> list[str]:
    return file.read_text(errors="replace").splitlines()


@contextmanager
def _sipp(
    folder: Path, name: str, scenario: str, port: int, arguments: list[str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    place = folder / name
    place.mkdir(parents=True)
    (place / "scenario.xml").write_text(scenario)
    with (place / "screen").open("wb") as screen:
        process = subprocess.Popen(
            [
                *(find_sipp(), "-sf", "scenario.xml", "-i", "127.0.0.1", "-p", str(port), "-mp", str(free_port())),
                *("-nostdin", "-timer_resol", "1", "-trace_shortmsg", "-shortmessage_file", "messages"),
                *("-trace_logs", "-log_file", "log", "-trace_err", "-error_file", "errors", *(arguments or ())),
            ],
            cwd=place,
            stdin=subprocess.DEVNULL,
            stdout=screen,
            stderr=screen,
        )  # fmt: skip
    try:
        _wait_until_bound(process, port, place)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(_ENDS_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_bound(process: subprocess.Popen[bytes], port: int, place: Path) -> None:
    until = time.monotonic() + _START_S
    while _bindable(port):
        if process.poll() is not None or time.monotonic() > until:
            words = (place / "screen").read_text(errors="replace")[-1000:]
            raise KitError(f"SIPp did not begin to listen on port {port}: {words}")
        time.sleep(0.01)


def _bindable(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
