"""The service levels that go by one name elsewhere, each under its own."""

from __future__ import annotations

from enum import StrEnum


class Definition(StrEnum):
    """Calls answered within the threshold, over …

    With A answered, B abandoned, ``_T`` within the threshold and ``_s`` within the short-abandon limit.
    """

    ABANDONS_IGNORED = "abandons-ignored"
    """… the answered: ``A_T / A``."""
    ABANDONS_NEGATIVE = "abandons-negative"
    """… all who called: ``A_T / (A + B)``."""
    ABANDONS_POSITIVE = "abandons-positive"
    """… all who called, and who gave up within the threshold counts as served: ``(A_T + B_T) / (A + B)``."""
    SHORT_ABANDONS_EXCLUDED = "short-abandons-excluded"
    """… all who called but the short abandons: ``A_T / (A + B - B_s)``."""

    @property
    def measure(self) -> str:
        """What the figure is called for machines."""
        return f"service_level_{self.replace('-', '_')}"
