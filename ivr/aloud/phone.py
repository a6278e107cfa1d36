"""Telephone numbers in the groups that their country writes them in."""

from __future__ import annotations

import re

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

TYPED_MOST = 40
"""Characters of a number that are looked at."""


def groups(text: str, country: str) -> tuple[bool, tuple[str, ...]] | None:
    """Whether a plus comes first, and the digits by group; None: this is no telephone number.

    With a ``country`` (“UA”) its own numbers are read as they are dialled there.
    """
    try:
        number = phonenumbers.parse(text[:TYPED_MOST], country or None)
    except NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    at_home = bool(country) and number.country_code == phonenumbers.country_code_for_region(country)
    written = phonenumbers.format_number(
        number, PhoneNumberFormat.NATIONAL if at_home else PhoneNumberFormat.INTERNATIONAL
    )
    return written.startswith("+"), tuple(re.findall(r"[0-9]+", written.partition(" ext")[0]))
