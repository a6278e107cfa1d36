"""What SIPp is told to do as all callers and as all agents' phones of a load: its scenario files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

MEDIA_PORT = "[media_port]"
"""Where SIPp itself wants audio, and leaves it unread."""


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
    ring_ms: tuple[int, ...] = ()
    """How long phones ring before they are answered, each as likely; none: they are answered at once."""
    unanswered: float = 0.0
    """The share of rings that nobody answers."""
    declined: float = 0.0
    """The share of rings that are declined (603)."""
    leave: float = 0.0
    """The share of callers who leave by themselves, talking or not, after one of :attr:`leave_after_ms`."""
    leave_after_ms: tuple[int, ...] = ()
    media: tuple[int, ...] = ()
    """Ports to which callers want their audio, in turns; none: to SIPp's own, which leaves it unread."""


def callers_scenario(load: Load, tag: str) -> str:
    """A caller who stays until the exchange hangs up, or leaves. *tag* begins every caller's number."""
    media = "[field0]" if load.media else MEDIA_PORT
    leaving = [] if not load.leave else _leaving(load)
    steps = [
        _send(
            "INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0",
            _VIA,
            f"From: <sip:{tag}[call_number]@[local_ip]>;tag=[pid]-[call_number]",
            "To: <sip:[service]@[remote_ip]:[remote_port]>",
            "Call-ID: [call_id]",
            "CSeq: 1 INVITE",
            "Contact: <sip:caller@[local_ip]:[local_port]>",
            "Max-Forwards: 70",
            *_sdp(media),
            retransmit=True,
        ),
        *(f'<recv response="{code}" optional="true"/>' for code in (100, 180, 183)),
        f'<recv response="200"><action>{_keep("To", "to")}</action></recv>',
        _send(*_of_caller("ACK", 1, tag), "Content-Length: 0"),
        *leaving,
        '<recv request="BYE"/>',
        '<label id="bye"/>',
        _send("SIP/2.0 200 OK", _LAST, "Content-Length: 0"),
    ]
    if leaving:
        steps += [
            '<nop next="end"/>',
            '<label id="leaves"/>',
            _send(*_of_caller("BYE", 2, tag), "Content-Length: 0", retransmit=True),
            '<recv request="BYE" optional="true" next="bye"/>',
            '<recv response="200"/>',
            '<label id="end"/>',
            "<nop/>",
        ]
    return _scenario("callers", steps, ("to",))


def phones_scenario(load: Load) -> str:
    """A phone that rings, is answered, talks and hangs up; or whatever else the load says."""
    shortest, longest = load.talk_ms
    talk = (
        f'<pause milliseconds="{shortest}"/>'
        if shortest == longest
        else f'<pause distribution="uniform" min="{shortest}" max="{longest}"/>'
    )
    known = [_keep("From", "from"), _keep("To", "to"), _keep("Via", "via"), _keep("CSeq", "cseq"), _TARGET]
    steps = [
        f'<recv request="INVITE"><action>{"".join(known)}<log message="[call_id] [$from]"/></action></recv>',
        _send("SIP/2.0 180 Ringing", _ANSWER, "Content-Length: 0"),
        *(_ringing(load) if load.ring_ms else ()),
        '<label id="answer"/>',
        _send("SIP/2.0 200 OK", _ANSWER, *_sdp(MEDIA_PORT), retransmit=True),
        *(['<recv request="CANCEL" optional="true" next="crossed"/>'] if load.ring_ms else []),
        '<recv request="ACK"/>',
        talk,
        _send(
            "BYE [$target] SIP/2.0",
            _VIA,
            "From: [$to];tag=[pid]-[call_number]\nTo: [$from]\nCall-ID: [call_id]\nCSeq: 10 BYE",
            "Max-Forwards: 70\nContent-Length: 0",
            retransmit=True,
        ),
        '<recv response="200"/>',
        *(_CUT_SHORT if load.ring_ms else ()),
    ]
    return _scenario("phones", steps, ("from", "to", "via", "cseq", "target"))


def _ringing(load: Load) -> Iterable[str]:
    """Which way the ringing ends is drawn step by step: SIPp can only say how likely the next jump is."""
    ways = [("declined", load.declined), ("unanswered", load.unanswered)]
    ways += [(f"ring{number}", (1 - load.declined - load.unanswered) / len(load.ring_ms)) for number in _numbers(load)]
    left = 1.0
    for label, share in ways[:-1]:
        if share:
            yield f'<nop next="{label}" chance="{share / left:.4f}"/>'
        left -= share
    for number, ring_ms in reversed(list(enumerate(load.ring_ms))):
        yield f'<label id="ring{number}"/>'
        yield f'<recv request="CANCEL" timeout="{ring_ms}" ontimeout="answer" next="cancelled"/>'
    yield '<label id="unanswered"/>'
    yield '<recv request="CANCEL" next="cancelled"/>'
    yield '<label id="declined"/>'
    yield _send("SIP/2.0 603 Decline", _ANSWER, "Content-Length: 0")
    yield '<recv request="ACK" next="end"/>'


def _numbers(load: Load) -> range:
    return range(len(load.ring_ms))


def _leaving(load: Load) -> list[str]:
    steps = [f'<nop next="patient" chance="{1 - load.leave:.4f}"/>']
    *others, last = range(len(load.leave_after_ms))
    for done, number in enumerate(others):
        steps.append(f'<nop next="leave{number}" chance="{1 / (len(load.leave_after_ms) - done):.4f}"/>')
    for number in (last, *others):
        steps.append(f'<label id="leave{number}"/>')
        steps.append(f'<recv request="BYE" timeout="{load.leave_after_ms[number]}" ontimeout="leaves" next="bye"/>')
    return [*steps, '<label id="patient"/>']


def _send(*lines: str, retransmit: bool = False) -> str:
    attribute = ' retrans="500"' if retransmit else ""
    body = "\n".join(lines)
    return f"<send{attribute}><![CDATA[\n{body}\n\n]]></send>"


def _keep(header: str, variable: str) -> str:
    # search_in="hdr" gives what follows the header's name; the leading space stays outside
    return f'<ereg regexp="[^ ].*" search_in="hdr" header="{header}:" assign_to="{variable}"/>'


def _sdp(media: str) -> tuple[str, ...]:
    return (
        "Content-Type: application/sdp\nContent-Length: [len]",
        "",
        "v=0\no=sipp 1 1 IN IP4 [local_ip]\ns=-\nc=IN IP4 [local_ip]\nt=0 0",
        f"m=audio {media} RTP/AVP 0\na=rtpmap:0 PCMU/8000\na=ptime:20",
    )


def _of_caller(method: str, number: int, tag: str) -> tuple[str, ...]:
    return (
        f"{method} sip:[service]@[remote_ip]:[remote_port] SIP/2.0",
        _VIA,
        f"From: <sip:{tag}[call_number]@[local_ip]>;tag=[pid]-[call_number]",
        f"To: [$to]\nCall-ID: [call_id]\nCSeq: {number} {method}",
        "Max-Forwards: 70",
    )


def _scenario(name: str, steps: Iterable[str], variables: Iterable[str]) -> str:
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<scenario name="{name}">', *steps]
    return "\n".join([*lines, f'<Reference variables="{",".join(variables)}"/>', "</scenario>", ""])


_VIA = "Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]"
_LAST = "[last_Via:]\n[last_From:]\n[last_To:]\n[last_Call-ID:]\n[last_CSeq:]"
# Kept from the INVITE: what came last may be a CANCEL.
_ANSWER = (
    "Via: [$via]\nFrom: [$from]\nTo: [$to];tag=[pid]-[call_number]\nCall-ID: [call_id]\nCSeq: [$cseq]\n"
    "Contact: <sip:phone@[local_ip]:[local_port]>"
)
_TARGET = '<ereg regexp="sip:[^>]*" search_in="hdr" header="Contact:" assign_to="target"/>'
_CUT_SHORT = (
    '<nop next="end"/>',
    '<label id="cancelled"/>',
    _send("SIP/2.0 200 OK", _LAST, "Content-Length: 0"),
    _send("SIP/2.0 487 Request Terminated", _ANSWER, "Content-Length: 0", retransmit=True),
    '<recv request="ACK" next="end"/>',
    # answered and given up in one breath
    '<label id="crossed"/>',
    _send("SIP/2.0 200 OK", _LAST, "Content-Length: 0"),
    '<recv request="ACK"/>',
    '<recv request="BYE"/>',
    _send("SIP/2.0 200 OK", _LAST, "Content-Length: 0"),
    '<label id="end"/>',
    "<nop/>",
)
