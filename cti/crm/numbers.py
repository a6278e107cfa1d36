"""Telephone numbers: the many ways in which one arrives, as one."""

from __future__ import annotations

import re
from importlib import resources
from urllib.parse import unquote

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

_LONGEST = 200
"""Characters of an address that are looked at; E.164 allows 15 digits."""
_LONGEST_DIGITS = 20

_IN_BRACKETS = re.compile(r"<([^<>]*)>")
_SCHEME = re.compile(r"(?:sips?|tel):", re.IGNORECASE)
_LETTER = re.compile(r"[^\W\d_]")


def normalise(number: str, region: str | None = None) -> str:
    """The number as E.164 (“+380501110001”), however it was written: with or without the plus, the way it is dialled
    within ``region`` (an ISO 3166 code such as “UA”), with spaces and brackets, as a SIP or tel address.

    Numbers that belong to no numbering plan (extensions, short codes) come back as their digits. What is no number
    (“anonymous”, a SIP user's name, nothing) comes back empty.
    """
    text = _user_part(number[:_LONGEST])
    digits = phonenumbers.normalize_digits_only(text)
    if not digits.strip("0") or len(digits) > _LONGEST_DIGITS or _LETTER.search(text):
        return ""
    for candidate, by_plan in ((text, region), (f"+{digits}", None)):
        try:
            parsed = phonenumbers.parse(candidate, by_plan)
        except NumberParseException:
            continue
        # Digits without a plus are only taken for an international number if one like it can have been given out.
        if phonenumbers.is_possible_number(parsed) and (candidate is text or phonenumbers.is_valid_number(parsed)):
            return phonenumbers.format_number(parsed, PhoneNumberFormat.E164)
    return digits


def region_of(time_zone: str) -> str | None:
    """The country code of a time zone (“Europe/Kyiv” is “UA”), by the table that comes with the time zones; None for
    a zone that belongs to no country, such as “UTC”."""
    table = (resources.files("tzdata") / "zoneinfo" / "zone.tab").read_text("utf-8")
    for line in table.splitlines():
        fields = line.split("\t")
        if not line.startswith("#") and len(fields) > 2 and fields[2] == time_zone:
            return fields[0]
    return None


def _user_part(address: str) -> str:
    """What stands for the caller in ``"Name" <sip:user;parameters@host>``; a plain number stays as it is."""
    in_brackets = _IN_BRACKETS.search(address)
    text = in_brackets[1] if in_brackets else address
    text = _SCHEME.sub("", text.strip(), count=1)
    return unquote(text.partition("@")[0].partition(";")[0]).strip()
