"""The kinds of lines that there are. Nothing is imported here: the command line names them before it loads anything."""

from __future__ import annotations

from enum import StrEnum


class LineKind(StrEnum):
    """Which exchange carries the calls."""

    VIRTUAL = "virtual"
    ASTERISK = "asterisk"
    TWILIO = "twilio"
