"""Which telephone numbers may be dialled, and the one way to write each.

To call somebody back is to dial what a caller typed, so this is a door for toll fraud: only numbers of the countries
that the site names pass, only fixed lines and mobiles (no premium rates, no satellites), and of these only what its
lists let through. The tables are made by ``config``; nothing here looks anything up, so a replay decides alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

LONGEST = 40
"""Characters of a number that are looked at."""
_WRITTEN = re.compile(r"\+?[0-9 ()./-]{3,}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberingPlan:
    """One country's."""

    code: str
    """The country calling code: “380”."""
    numbers: str
    """A regular expression for the fixed lines and mobiles, without the country code and the trunk prefix."""
    trunk_prefix: str
    """What is dialled before a number within the country: “0”; empty where nothing is."""
    international_prefix: str
    """A regular expression for what is dialled before a number abroad: “00”."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberRules:
    """What may be dialled."""

    home: NumberingPlan
    """How a number without a plus is read."""
    plans: tuple[NumberingPlan, ...]
    """Countries that may be called."""
    only: tuple[str, ...] = ()
    """Beginnings such as “+38044”, one of which a number must have; none: no such rule."""
    never: tuple[str, ...] = ()
    """Beginnings that no number may have."""

    def dialable(self, written: str) -> str | None:
        """The number as E.164 (“+380501110001”), however it was written; None if it is none that may be dialled."""
        if len(written) > LONGEST or not _WRITTEN.fullmatch(written):
            return None
        digits = re.sub("[^0-9]", "", written)
        return next(filter(self._is_allowed, self._readings(digits, is_international="+" in written)), None)

    def _readings(self, digits: str, *, is_international: bool) -> Iterator[str]:
        """The numbers that ``digits`` may stand for, the likeliest first."""
        if is_international:
            yield f"+{digits}"
            return
        abroad = re.match(self.home.international_prefix, digits)
        if abroad and abroad.end():
            yield f"+{digits[abroad.end() :]}"
        if digits.startswith(self.home.trunk_prefix):
            yield f"+{self.home.code}{digits.removeprefix(self.home.trunk_prefix)}"
        yield f"+{self.home.code}{digits}"
        yield f"+{digits}"  # carriers leave out the plus

    def _is_allowed(self, number: str) -> bool:
        return (
            any(
                number.startswith(f"+{plan.code}") and re.fullmatch(plan.numbers, number[1 + len(plan.code) :])
                for plan in self.plans
            )
            and (not self.only or number.startswith(self.only))
            and not number.startswith(self.never)
        )
