"""What Asterisk does in callers' ears, by the FastAGI commands that it carries out for the engines of this process."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from cti.asterisk.agi_session import AgiSession


@dataclass
class Ear:
    """Of one caller."""

    played: list[str] = field(default_factory=list)
    """The sound files, each when it began."""
    waits_for_a_key: bool = False
    questions: int = 0
    """So many waits for a key are over."""
    records: bool = False
    in_menu: bool = True


@contextmanager
def ears() -> Iterator[defaultdict[str, Ear]]:
    """By the CC_ID of the call, from now on until the end."""
    found: defaultdict[str, Ear] = defaultdict(Ear)
    do = AgiSession._do

    async def done(session: AgiSession, command: str, *arguments: str, within_ms: int | None = None) -> object:
        ear = found[session.arguments[0]]
        ear.in_menu = True
        ear.waits_for_a_key = command == "WAIT FOR DIGIT" and int(arguments[0]) > 10
        ear.records = command == "RECORD FILE"
        if command == "STREAM FILE" and arguments[2] == "0":
            ear.played.append(arguments[0])
        try:
            return await do(session, command, *arguments, within_ms=within_ms)
        finally:
            ear.questions += ear.waits_for_a_key
            ear.waits_for_a_key = ear.records = False
            ear.in_menu = False

    AgiSession._do = done  # type: ignore[assignment, method-assign]  # as the answer is only handed on
    try:
        yield found
    finally:
        AgiSession._do = do  # type: ignore[method-assign]
