"""What can be wrong with a store. Apart from the rest of it, which takes long to load."""

from __future__ import annotations

from dataclasses import dataclass


class StoreError(Exception):
    """The database cannot be used; the text says which, why and what to do."""


class StoreAway(StoreError):
    """It cannot be used at present; nothing is wrong with its address, so the same may work later."""


class StoreBusy(StoreAway):
    """Another program holds it, or it is slow to answer; it will do so in a moment as a rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreStatus:
    """How the database does at this instant."""

    trouble: str = ""
    """Why calls cannot be written, or that it takes long; empty when all is well."""
    slow: bool = False
    """Whether they are written, but take long to be."""
    behind: int = 0
    """Calls in memory alone."""
    dropped: int = 0
    """Calls that did not fit into memory any more; the journal has them."""
