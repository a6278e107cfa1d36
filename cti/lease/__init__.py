"""Which of several engines leads: a lease in PostgreSQL, with a number that refuses what is stale."""

from cti.lease.core import Row, Terms
from cti.lease.leadership import Leadership
from cti.lease.row import LeaseRow

__all__ = ["Leadership", "LeaseRow", "Row", "Terms"]
