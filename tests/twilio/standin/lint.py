"""Whether a document is TwiML that Twilio would take: nesting and attributes by the helper library's own signatures."""

from __future__ import annotations

import inspect
import re
import xml.etree.ElementTree as ET
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from twilio.twiml import TwiML, voice_response

BYTES_MOST = 64 * 1024
_BASE = frozenset(name for name, _ in inspect.getmembers(TwiML, inspect.isfunction))
_XML = "{http://www.w3.org/XML/1998/namespace}"
_URLS = re.compile(r"(action|[uU]rl|[cC]allback)$")
WHILE_QUEUED = frozenset({"Play", "Say", "Pause", "Hangup", "Redirect", "Leave", "Gather"})
"""What the document of <Enqueue>'s waitUrl may hold, by Twilio's page on <Enqueue>."""
_NUMBERS = {
    ("Gather", "numDigits"): (1, 10_000),
    ("Gather", "timeout"): (1, 10_000),
    ("Record", "maxLength"): (1, 14_400),
    ("Record", "timeout"): (1, 10_000),
    ("Dial", "timeout"): (5, 600),
    ("Pause", "length"): (0, 10_000),
    ("Play", "loop"): (0, 1_000),
}
_WORDS = {
    "method": {"GET", "POST"},
    "waitMethod": {"GET", "POST"},
    "waitUrlMethod": {"GET", "POST"},
    "beep": {"true", "false", "onEnter", "onExit"},
    "input": {"dtmf", "speech", "dtmf speech"},
    "trim": {"trim-silence", "do-not-trim"},
    "startConferenceOnEnter": {"true", "false"},
    "endConferenceOnExit": {"true", "false"},
    "answerOnBridge": {"true", "false"},
    "actionOnEmptyResult": {"true", "false"},
    "playBeep": {"true", "false"},
    "record": {"do-not-record", "record-from-start"},
}


class BadTwiml(Exception):
    """Twilio would say “document parse failure”, or warn in its debugger."""


@cache
def _children(kind: Any) -> dict[str, tuple[Any, frozenset[str]]]:
    """What may be nested: by the element's name its class and its attributes."""
    found: dict[str, tuple[Any, frozenset[str]]] = {}
    for name, method in inspect.getmembers(kind, inspect.isfunction):
        if name.startswith("__") or name in _BASE:
            continue
        arguments = [
            one.name
            for one in inspect.signature(method).parameters.values()
            if one.name != "self" and one.kind is one.POSITIONAL_OR_KEYWORD
        ]
        made = method(_empty(kind), **dict.fromkeys(arguments, "x"))
        found[made.name] = (type(made), frozenset(made.attrs))
    return found


def _empty(kind: Any) -> Any:
    required = [
        one.name
        for one in inspect.signature(kind.__init__).parameters.values()
        if one.name != "self" and one.default is one.empty and one.kind is one.POSITIONAL_OR_KEYWORD
    ]
    return kind(**dict.fromkeys(required, "x"))


def checked(document: str, *, while_queued: bool = False) -> ET.Element:
    """The document's root. :class:`BadTwiml` says what is wrong with it."""
    if len(document.encode()) > BYTES_MOST:
        raise BadTwiml(f"{len(document.encode())} bytes are more than 64 kB")
    try:
        root = ET.fromstring(document)
    except ET.ParseError as error:
        raise BadTwiml(str(error)) from None
    if root.tag != "Response":
        raise BadTwiml(f"<{root.tag}> instead of <Response>")
    if while_queued and (others := {verb.tag for verb in root} - WHILE_QUEUED):
        raise BadTwiml(f"{others} in the document of a waitUrl")
    _check(root, voice_response.VoiceResponse)
    return root


def _check(element: ET.Element, kind: Any) -> None:
    known = _children(kind)
    for child in element:
        if child.tag not in known:
            raise BadTwiml(f"<{child.tag}> inside <{element.tag}>")
        inner, attributes = known[child.tag]
        for whole_name, value in child.attrib.items():
            name = whole_name.replace(_XML, "xml:")
            if name not in attributes:
                raise BadTwiml(f"{name} of <{child.tag}>")
            _check_value(child.tag, name, value)
        _check(child, inner)


def _check_value(tag: str, name: str, value: str) -> None:
    least, most = _NUMBERS.get((tag, name), (None, None))
    if least is not None and most is not None and not (value.isdigit() and least <= int(value) <= most):
        raise BadTwiml(f"{name}={value!r} of <{tag}>")
    if name in _WORDS and value not in _WORDS[name]:
        raise BadTwiml(f"{name}={value!r} of <{tag}>")
    if name == "finishOnKey" and not re.fullmatch(r"[0-9*#]*", value):
        raise BadTwiml(f"{name}={value!r} of <{tag}>")
    if _URLS.search(name) and not urlsplit(value).hostname:
        raise BadTwiml(f"{name}={value!r} of <{tag}> is no absolute address")
