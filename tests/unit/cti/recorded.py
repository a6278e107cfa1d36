"""Calls as the store is given them, and where it keeps them."""

from __future__ import annotations

from pathlib import Path

from centre.calls import CallRecord, OfferRecord, Outcome
from ivr.messages import Entry, MenuStep
from ivr.records import replace

NOON = 1_795_348_800_000
LATER = 2**53
"""Later than any clock."""


def file_in(folder: Path) -> str:
    """The address of a store in ``folder``."""
    return f"sqlite:///{folder / 'centre.db'}"


def ended(call: str = "virtual-1", *, number: str = "+380501110001", at: int = NOON) -> CallRecord:
    """A call as it is when the caller has hung up."""
    return CallRecord(
        call=call,
        line="virtual",
        number=number,
        name="Олена О'Коннор",
        dialled="100",
        language="uk",
        path=(MenuStep(node="main", key="1", label={"en": "Cards", "uk": "Картки"}),),
        entries=(Entry(name="card", value="••••", label={"en": "Card"}),),
        attributes={"vip": "yes"},
        customer={"name": "Natalia", "tier": "gold"},
        arrived_at=at,
        queue="cards",
        queued_at=at + 9_000,
        offers=(
            OfferRecord(
                offer="o-1",
                agent="taras",
                offered_at=at + 9_001,
                ringing_at=at + 9_050,
                ended_at=at + 29_001,
                how="no-answer",
            ),
            OfferRecord(offer="o-2", agent="olena", offered_at=at + 29_001, ended_at=at + 31_000, how="answered"),
        ),
        answered_at=at + 31_000,
        agent="olena",
        ended_at=at + 91_000,
        outcome=Outcome.ANSWERED,
        ended_by="caller",
        talk_ms=60_000,
        hold_ms=0,
    )


def wrapped_up(record: CallRecord, note: str = "card blocked") -> CallRecord:
    return replace(record, wrap_up_ms=4_000, disposition="blocked", note=note)
