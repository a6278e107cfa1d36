"""What every flow can read without declaring it: who calls, the language, and what is known of the wait."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from ivr.expressions import Kind, Value
from ivr.session import Session
from ivr.waiting import TOLD, AskOutlook, told

CALLER_NUMBER, DIALLED, LEFT_QUEUE, LANGUAGE = "caller_number", "dialled", "left_queue", "language"
GIVEN: Mapping[str, Kind] = {**dict.fromkeys((CALLER_NUMBER, DIALLED, LEFT_QUEUE, LANGUAGE), Kind.TEXT), **TOLD}
"""Variables that every flow can read: who calls, what was dialled, why the call left its last queue, the language, and
what a caller who waits may be told."""


class Moment(Struct, frozen=True, kw_only=True):
    """When something happens to a session, and what can be asked of the world then."""

    at: int
    """Unix milliseconds."""
    outlook: AskOutlook | None = None
    """What is expected of the wait of a call that waits."""


def at_first(variables: Mapping[str, Value], *, number: str, dialled: str) -> Mapping[str, Value]:
    """What a session's variables hold at its beginning."""
    return {**variables, CALLER_NUMBER: number, DIALLED: dialled, LEFT_QUEUE: ""}


def known(session: Session, moment: Moment) -> Mapping[str, Value]:
    """What expressions read."""
    outlook = moment.outlook if session.waiting_in is not None else None
    return {**session.variables, LANGUAGE: session.language, **told(outlook)}
