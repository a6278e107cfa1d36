"""What a flow wants to know from other systems. Each answer comes as an event that echoes ``step``."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct


class FetchData(Struct, frozen=True, kw_only=True):
    """Ask a web service for a flow, which waits: answer with ``DataFetched`` or ``DataFailed``."""

    call: str
    step: int
    node: str
    """The node of the flow that asks."""
    query: Mapping[str, str]
    json: Mapping[str, str | bool | int | float] | None
    """The body of a POST; None: a GET."""
    secrets: Mapping[str, int]
    """Fields to be added to the body: what the caller entered at that step. The line keeps it, and nobody else."""
    take: Mapping[str, str]
    """What to answer with: name to where the value stands in the answer, “customer.tier” or “orders.0.id”."""
    timeout_ms: int
    service: str = ""
    """As the site names it; empty in journals of the time when flows held addresses."""
    path: str = ""
    """Put behind the service's address: percent-encoded, empty or with a slash at its beginning."""


class LookUpCustomer(Struct, frozen=True, kw_only=True):
    """Ask the customer records for a flow, which waits.

    Answer with ``DataFetched`` (columns by name) or ``DataFailed`` (“unknown” where nobody has the number).
    """

    call: str
    step: int
    node: str
    number: str
