"""What ends an engine that has, or may have, another one beside it."""

from __future__ import annotations


class AnotherLeads(Exception):
    """This engine was not told to stand by, and another one leads; the text says what to do."""


class Deposed(Exception):
    """This engine has led and must not any more; the text says why and what happens next."""
