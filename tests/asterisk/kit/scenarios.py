"""What SIPp is told to do: a caller's and a phone's life as scenario files.

A running call takes orders: an INFO with its Call-ID, sent to SIPp's port from anywhere, answers a ringing phone or
makes either side hang up (SIPp matches messages by Call-ID alone). The headers an answer repeats are kept in variables,
for `[last_...]` would repeat those of the INFO.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from xml.sax.saxutils import quoteattr

from tests.asterisk.kit.keys import EVENT_PAYLOAD

MEDIA = "MEDIA"
"""First word of the log line that says where the other side wants its audio: MEDIA <call-id> <port>."""
REASON = "REASON"
"""First word of the log line with the Reason (RFC 3326, not Q.850's) of a CANCEL or BYE: REASON <call-id> <text>."""
CALL = "CALL"
"""First word of the log line with the header X-Holdless-Call of an INVITE: CALL <call-id> <text>."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneBehaviour:
    """How an agent's phone meets a call."""

    on_call: Literal["ring", "busy", "silent"] = "ring"
    """ring: 180, then what follows; busy: 486; silent: takes the INVITE and never says a word."""
    answer_after_ms: int | None = None
    """Counted from the INVITE; None: never by itself, only when told."""
    hang_up_after_ms: int | None = None
    """Counted from the ACK; None: never by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerBehaviour:
    """How a caller calls."""

    number: str
    """The user part dialled."""
    sender: str
    """The From header without its tag: `"Name" <sip:number@host>`. It is sent as it is, so it may be hostile."""
    asserted: str = ""
    """The P-Asserted-Identity that a carrier adds; empty: none."""
    privacy: str = ""
    """The Privacy that the caller asks for; empty: none."""


def phone_scenario(behaviour: PhoneBehaviour, *, rtp_port: int) -> str:
    """A phone that serves any number of calls, each as *behaviour* says, with its audio at *rtp_port*."""
    busy, silent = behaviour.on_call == "busy", behaviour.on_call == "silent"
    steps = [_receive("request", "INVITE", _KEEP_INVITE)]
    if busy:
        steps += [_send("SIP/2.0 486 Busy Here", _ANSWER_HEADERS, "Content-Length: 0"), _receive("request", "ACK")]
    elif silent:
        steps += [_receive("request", "CANCEL", _KEEP_REASON, to="cancelled")]
    else:
        steps += [
            _send("SIP/2.0 180 Ringing", _ANSWER_HEADERS, _CONTACT, "Content-Length: 0"),
            _order("answer", behaviour.answer_after_ms),
            _receive("request", "CANCEL", _KEEP_REASON, to="cancelled"),
            '<label id="answer"/>',
            _send("SIP/2.0 200 OK", _ANSWER_HEADERS, _CONTACT, *_sdp(rtp_port), retransmit=True),
            '<recv request="BYE" optional="true" next="bye"/>',
            _receive("request", "ACK"),
        ]
    steps += ['<nop next="end"/>'] if busy else []
    steps += _until_the_end(
        behaviour.hang_up_after_ms,
        bye=_send(
            "BYE [$target] SIP/2.0",
            "Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]",
            "From: [$to];tag=[pid]-[call_number]\nTo: [$from]\nCall-ID: [call_id]\nCSeq: 10 BYE",
            "Max-Forwards: 70\nContent-Length: 0",
            retransmit=True,
        ),
        skipped=busy or silent,
    )
    steps += [
        '<label id="cancelled"/>',
        _send("SIP/2.0 200 OK", _LAST_HEADERS, "Content-Length: 0"),
        _send("SIP/2.0 487 Request Terminated", _ANSWER_HEADERS, "Content-Length: 0", retransmit=True),
        _receive("request", "ACK"),
        '<label id="end"/>',
        "<nop/>",
    ]
    kept = "via,from,to,cseq,target,line,port,call"
    return _scenario("phone", steps, kept if busy else f"{kept},reason")


def caller_scenario(behaviour: CallerBehaviour, *, rtp_port: int) -> str:
    """One caller, who stays until told or until the exchange hangs up."""
    ours = "From: " + _literal(behaviour.sender) + ";tag=[pid]-[call_number]"
    uri = f"sip:{_literal(behaviour.number)}@[remote_ip]:[remote_port]"
    start = f"To: <{uri}>\nCall-ID: [call_id]"
    via = "Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]"
    asserted = [f"P-Asserted-Identity: {_literal(behaviour.asserted)}"] if behaviour.asserted else []
    asserted += [f"Privacy: {_literal(behaviour.privacy)}"] if behaviour.privacy else []
    refused = [f'<recv response="{code}" optional="true" next="refused"/>' for code in (403, 404, 480, 486, 503)]
    steps = [
        _send(
            f"INVITE {uri} SIP/2.0", via, ours, start, "CSeq: 1 INVITE", _CONTACT,
            *asserted, *_sdp(rtp_port), retransmit=True,
        ),
        *(f'<recv response="{code}" optional="true"/>' for code in (100, 180, 183)),
        *refused,
        _receive("response", "200", _KEEP_ANSWER),
        _send("ACK [$target] SIP/2.0", via, ours, "To: [$to]\nCall-ID: [call_id]\nCSeq: 1 ACK", "Content-Length: 0"),
        *_until_the_end(
            None,
            bye=_send(
                "BYE [$target] SIP/2.0", via, ours, "To: [$to]\nCall-ID: [call_id]\nCSeq: 2 BYE",
                "Max-Forwards: 70\nContent-Length: 0", retransmit=True,
            ),
            skipped=False,
        ),
        '<label id="refused"/>',
        _send(f"ACK {uri} SIP/2.0", via, ours, "[last_To:]\nCall-ID: [call_id]\nCSeq: 1 ACK", "Content-Length: 0"),
        '<label id="end"/>',
        '<nop/>',
    ]  # fmt: skip
    return _scenario("caller", steps, "to,target,line,port,reason")


_ANSWER_HEADERS = "Via: [$via]\nFrom: [$from]\nTo: [$to];tag=[pid]-[call_number]\nCall-ID: [call_id]\nCSeq: [$cseq]"
_LAST_HEADERS = "[last_Via:]\n[last_From:]\n[last_To:]\n[last_Call-ID:]\n[last_CSeq:]"
_CONTACT = "Contact: <sip:kit@[local_ip]:[local_port]>"


def _keep(header: str, variable: str) -> str:
    # search_in="hdr" gives what follows the header's name; the leading space stays outside
    return f'<ereg regexp="[^ ].*" search_in="hdr" header="{header}:" assign_to="{variable}"/>'


_TARGET = '<ereg regexp="sip:[^>]*" search_in="hdr" header="Contact:" assign_to="target"/>'
_MEDIA = (
    '<ereg regexp="m=audio ([0-9]+)" search_in="body" assign_to="line,port"/>'
    f'<log message="{MEDIA} [call_id] [$port]"/>'
)
_CALL = _keep("X-Holdless-Call", "call") + f'<log message="{CALL} [call_id] [$call]"/>'
_KEEP_REASON = [
    '<ereg regexp="Reason: SIP;[^\r\n]*" search_in="msg" assign_to="reason"/>',
    f'<log message="{REASON} [call_id] [$reason]"/>',
]
_KEEP_INVITE = [
    *(_keep("Via", "via"), _keep("From", "from"), _keep("To", "to"), _keep("CSeq", "cseq")),
    *(_TARGET, _MEDIA, _CALL),
]
_KEEP_ANSWER = [_keep("To", "to"), _TARGET, _MEDIA]


def _until_the_end(hang_up_after_ms: int | None, *, bye: str, skipped: bool) -> list[str]:
    """Talk until the other side's BYE, an INFO, or the time is over."""
    if skipped:
        return []
    return [
        _order("hang-up", hang_up_after_ms),
        _receive("request", "BYE", _KEEP_REASON, to="bye"),
        '<label id="hang-up"/>',
        bye,
        '<recv request="BYE" optional="true" next="bye"/>',
        '<recv response="200" next="end"/>',
        '<label id="bye"/>',
        _send("SIP/2.0 200 OK", _LAST_HEADERS, "Content-Length: 0"),
        '<nop next="end"/>',
    ]


def _order(label: str, by_itself_after_ms: int | None) -> str:
    """Go to *label* when told, or by itself. SIPp heeds the timeout of the first of several alternatives only."""
    timeout = "" if by_itself_after_ms is None else f' timeout="{max(by_itself_after_ms, 1)}" ontimeout="{label}"'
    return f'<recv request="INFO" optional="true" next="{label}"{timeout}/>'


def _sdp(rtp_port: int) -> tuple[str, ...]:
    return (
        "Content-Type: application/sdp\nContent-Length: [len]",
        "",
        "v=0\no=kit 1 1 IN IP4 [local_ip]\ns=-\nc=IN IP4 [local_ip]\nt=0 0",
        f"m=audio {rtp_port} RTP/AVP 0 {EVENT_PAYLOAD}",
        f"a=rtpmap:0 PCMU/8000\na=rtpmap:{EVENT_PAYLOAD} telephone-event/8000\na=fmtp:{EVENT_PAYLOAD} 0-15",
        "a=ptime:20\na=sendrecv",
    )


def _send(*lines: str, retransmit: bool = False) -> str:
    attribute = ' retrans="500"' if retransmit else ""
    body = "\n".join(lines)
    return f"<send{attribute}><![CDATA[\n{body}\n\n]]></send>"


def _receive(kind: str, what: str, actions: list[str] | None = None, *, to: str = "") -> str:
    onward = f" next={quoteattr(to)}" if to else ""
    if not actions:
        return f"<recv {kind}={quoteattr(what)}{onward}/>"
    return f"<recv {kind}={quoteattr(what)}{onward}><action>{''.join(actions)}</action></recv>"


def _literal(text: str) -> str:
    """*text* for a SIPp message, where brackets are keywords, backslashes escapes, and line breaks end the header."""
    if any(sign in text for sign in "\r\n\\[") or "]]>" in text:
        raise ValueError(f"{text!r} cannot be put into a SIPp scenario")
    return text


def _scenario(name: str, steps: list[str], variables: str) -> str:
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<scenario name="{name}">', *steps]
    return "\n".join([*lines, f'<Reference variables="{variables}"/>', "</scenario>", ""])
