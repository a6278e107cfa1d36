"""Which of several engines leads: a lease in PostgreSQL, with a number that refuses what is stale."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cti.later import loaded_later
from cti.lease.core import Row, Terms

if TYPE_CHECKING:
    from cti.lease.leadership import Leadership
    from cti.lease.row import LeaseRow

__all__ = ["Leadership", "LeaseRow", "Row", "Terms"]

# An engine that is alone does not need asyncpg.
__getattr__ = loaded_later(__name__, {"Leadership": "cti.lease.leadership", "LeaseRow": "cti.lease.row"})
