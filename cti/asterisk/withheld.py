"""Callers who withhold their number: for the centre they have none, and no name either.

So it is in no journal, on no card, and nobody is looked up by it. Networks tell the number with the wish not to show
it, and countries differ in who may see it all the same: the dialplan decides, and forgets it (CC_SHOW_WITHHELD).
"""

from __future__ import annotations

_WORDS = frozenset(("", "<unknown>", "unknown", "anonymous", "restricted", "unavailable", "private", "withheld"))
"""What stands for a number or a name that is not told: Asterisk's own words, RFC 3323's, and what trunks write."""
_PRESENTATION, _RESTRICTED = 0x60, 0x20
"""Of Asterisk's numbers for presentation (callerid.h, after Q.931): the bits that say it, and “do not show”."""


def told(value: str) -> str:
    """A caller's number or name, if it is one; else nothing."""
    return "" if value.lower() in _WORDS else value


def is_restricted(presentation: str) -> bool:
    """Whether a number is not to be shown, by the header ``agi_callingpres``."""
    return presentation.isdecimal() and int(presentation[:9]) & _PRESENTATION == _RESTRICTED
