"""How well a service keeps what it knows, as one small object: for the floor, and for whoever watches from outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cti.journal import JournalStatus, Keeping
from cti.store import StoreStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """At one instant."""

    journal: JournalStatus
    store: StoreStatus
    turned_away: int = 0
    """Callers whom the service could not take in, since the start."""
    outside: int = 0
    """Callers who wait on their lines until it takes them in."""

    refused: int = 0
    """Events in the middle of which the centre broke off, since the start."""
    first_come: bool = False
    """Whether there were so many of these that calls go by the plainest rules (:mod:`acd.first_come`)."""
    full_limits: tuple[str, ...] = ()
    """Limits on tries that let nobody try, as they have all the tries in hand that they can count."""
    unreached: tuple[str, ...] = ()
    """The lines whose exchanges are out of reach."""

    @property
    def takes_new_calls(self) -> bool:
        """Whether somebody who calls now is taken in."""
        return self.journal.keeping is not Keeping.FULL

    @property
    def is_well(self) -> bool:
        """Whether all that happens is kept where it belongs, and goes by the site's own rules, its limits included."""
        return not (self.journal.trouble or self.store.trouble or self.first_come or self.full_limits)


def journal_in_words(standing: Standing, failed_snapshots: int) -> Mapping[str, str]:
    """How the journal does, for whoever watches: its state, and each count that is not nothing."""
    status = standing.journal
    counts = {
        "behind": status.behind,
        "lost": status.lost,
        "turned away": standing.turned_away,
        "snapshots failed": failed_snapshots,
    }
    return {"state": status.trouble or "up"} | {name: str(count) for name, count in counts.items() if count}
