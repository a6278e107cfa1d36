"""What a phone page may say."""

from __future__ import annotations

from typing import Annotated

import msgspec


class _Message(msgspec.Struct, tag_field="type", forbid_unknown_fields=True):
    pass


class Dial(_Message, tag="dial"):
    """Place a call."""

    number: Annotated[str, msgspec.Meta(max_length=40)]
    """Empty: withheld."""
    name: Annotated[str, msgspec.Meta(max_length=200)]


class Key(_Message, tag="key"):
    """Press a key."""

    key: Annotated[str, msgspec.Meta(pattern=r"\A[0-9*#]\Z")]


class HangUp(_Message, tag="hang_up"):
    """Hang up."""


Message = Dial | Key | HangUp

_decoder: msgspec.json.Decoder[Message] = msgspec.json.Decoder(Message)


def read(text: str) -> Message | None:
    """The message, None where it is none."""
    try:
        return _decoder.decode(text)
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return None
