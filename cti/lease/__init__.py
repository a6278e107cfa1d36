"""Which of several engines leads: a lease in PostgreSQL, with a number that refuses what is stale."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from cti.lease.core import Row, Terms

if TYPE_CHECKING:
    from cti.lease.leadership import Leadership
    from cti.lease.row import LeaseRow

__all__ = ["Leadership", "LeaseRow", "Row", "Terms"]

_LATER = {"Leadership": "cti.lease.leadership", "LeaseRow": "cti.lease.row"}
"""What asyncpg is loaded for, which an engine that is alone does not need."""


def __getattr__(name: str) -> object:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LATER[name]), name)
