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

from tests.asterisk.kit.ports import free_port
from tests.asterisk.kit.program import KitError, find_sipp

_START_S = 5.0
_ENDS_S = 3.0
_TAG_DIGITS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What callers and agents do."""

    calls_per_second: float
    talk_ms: tuple[int, int]
    """How long an agent talks before hanging up, drawn evenly between the two."""
    seconds: float
    """How long new callers come."""
    callers_most: int | None = None
    """Callers at a time: as soon as one has gone, the next calls. None: as many as come."""


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
    with _sipp(folder, "phones", _phones(load), port) as process:
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
    with _sipp(folder, "callers", _CALLERS.replace("TAG", str(tag)), free_port(), arguments) as process:
        yield process


def stop_calling(process: subprocess.Popen[bytes]) -> None:
    """No new calls; SIPp ends once the last one has."""
    if process.poll() is None:
        process.send_signal(signal.SIGUSR1)


def calls_in(folder: Path) -> list[Call]:
    """Every call that was begun, by its number."""
    found: dict[str, Call] = {}
    for at, sent, call_id, line in _messages(folder / "callers"):
        call = found.setdefault(number := call_id.partition("-")[0], Call(number=int(number)))
        if line.startswith("SIP/2.0 200") and call.answered is None:
            call.answered = at
        elif line.startswith("BYE") and not sent and call.gone is None:
            call.gone = at
    tag = (folder / "callers" / "scenario.xml").read_text().partition("From: <sip:")[2][:_TAG_DIGITS]
    carried = {
        call_id: found[user[_TAG_DIGITS:]] for call_id, user in _carried(folder / "phones") if user.startswith(tag)
    }
    seen: set[str] = set()
    for at, sent, call_id, line in _messages(folder / "phones"):
        if call_id not in carried:
            continue
        call = carried[call_id]
        if line.startswith("INVITE") and call_id not in seen:
            seen.add(call_id)
            call.rings += 1
            if call.rang is None:
                call.rang = at
                call.agent = line.split(" ")[1].removeprefix("sip:").partition("@")[0]
        elif line.startswith("BYE") and sent and call.freed is None:
            call.freed = at
    return list(found.values())


def _messages(folder: Path) -> Iterator[tuple[float, bool, str, str]]:
    """SIPp's log of messages: when, whether sent, Call-ID, first line."""
    for row in (folder / "messages").read_text(errors="replace").splitlines():
        _, _, at, direction, call_id, _, line = row.split("\t", 6)
        yield float(at), direction == "S", call_id, line


_CARRIED = re.compile(r"(\S+) .*<sip:(\d+)@")


def _carried(folder: Path) -> Iterator[tuple[str, str]]:
    """Call-ID of each INVITE to a phone, and the caller's number that it carried."""
    for row in (folder / "log").read_text(errors="replace").splitlines():
        match = _CARRIED.match(row)
        if match is None:
            raise KitError(f"an INVITE to a phone does not carry its call's number: {row!r}")
        yield match[1], match[2]


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


_SDP = """v=0
o=sipp 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [local_ip]
t=0 0
m=audio [media_port] RTP/AVP 0
a=rtpmap:0 PCMU/8000
a=ptime:20"""

_CALLERS = f"""<?xml version="1.0" encoding="UTF-8"?>
<scenario name="callers">
<send retrans="500"><![CDATA[
INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]
From: <sip:TAG[call_number]@[local_ip]>;tag=[pid]-[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: 1 INVITE
Contact: <sip:caller@[local_ip]:[local_port]>
Max-Forwards: 70
Content-Type: application/sdp
Content-Length: [len]

{_SDP}
]]></send>
<recv response="100" optional="true"/>
<recv response="180" optional="true"/>
<recv response="183" optional="true"/>
<recv response="200"/>
<send><![CDATA[
ACK sip:[service]@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]
From: <sip:TAG[call_number]@[local_ip]>;tag=[pid]-[call_number]
[last_To:]
Call-ID: [call_id]
CSeq: 1 ACK
Max-Forwards: 70
Content-Length: 0

]]></send>
<recv request="BYE"/>
<send><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
</scenario>
"""

_ANSWER = """[last_Via:]
[last_From:]
[last_To:];tag=[pid]-[call_number]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:phone@[local_ip]:[local_port]>"""


def _phones(load: Load) -> str:
    shortest, longest = load.talk_ms
    talk = (
        f'<pause milliseconds="{shortest}"/>'
        if shortest == longest
        else f'<pause distribution="uniform" min="{shortest}" max="{longest}"/>'
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<scenario name="phones">
<recv request="INVITE"><action>
<ereg regexp="[^ ].*" search_in="hdr" header="From:" assign_to="from"/>
<ereg regexp="[^ ].*" search_in="hdr" header="To:" assign_to="to"/>
<ereg regexp="sip:[^>]*" search_in="hdr" header="Contact:" assign_to="target"/>
<log message="[call_id] [$from]"/>
</action></recv>
<send><![CDATA[
SIP/2.0 180 Ringing
{_ANSWER}
Content-Length: 0

]]></send>
<send retrans="500"><![CDATA[
SIP/2.0 200 OK
{_ANSWER}
Content-Type: application/sdp
Content-Length: [len]

{_SDP}
]]></send>
<recv request="ACK"/>
{talk}
<send retrans="500"><![CDATA[
BYE [$target] SIP/2.0
Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]
From: [$to];tag=[pid]-[call_number]
To: [$from]
Call-ID: [call_id]
CSeq: 10 BYE
Max-Forwards: 70
Content-Length: 0

]]></send>
<recv response="200"/>
</scenario>
"""
