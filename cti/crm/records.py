"""Records for a site that keeps none."""

from __future__ import annotations


class NoRecords:
    """Knows nobody (a :class:`cti.service.ports.CustomerRecords`)."""

    async def find(self, number: str) -> None:
        """Nothing, whoever calls."""
