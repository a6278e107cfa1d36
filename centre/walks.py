"""A call's way through its menu, as the pictures of menus count it."""

from __future__ import annotations

from collections.abc import Sequence

from centre.calls import CallRecord, Outcome
from ivr.picture import Walk

_GOT_SOMEWHERE = frozenset((Outcome.ANSWERED, Outcome.VOICEMAIL, Outcome.TRANSFERRED, Outcome.CALLBACK))


def walk_of(record: CallRecord) -> Walk:
    """The way of a call that is over."""
    return walk(record.nodes, record.ended_by, record.outcome or "")


def walk(nodes: Sequence[str], ended_by: str, outcome: str) -> Walk:
    """The same, by what is stored of a call. Who was answered, left a message or was called back did not give up."""
    return Walk(nodes=tuple(nodes), hung_up=ended_by == "caller" and outcome not in _GOT_SOMEWHERE)
