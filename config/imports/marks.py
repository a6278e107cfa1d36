"""SSML in menus of other systems: kept where prompts of ours can have the same marks, else left out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.sax.saxutils import unescape

from ivr.aloud import TemplateError, read_ssml

_MARK = re.compile(r"<[^<>]{1,300}>")
_ROOT = re.compile(r"</?speak(?:\s[^<>]{0,300})?>")
_BRACES = str.maketrans("{}", "()")

LOST = "its text has SSML marks that prompts cannot have; all are left out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What somebody says there."""

    text: str
    marked: bool = False
    """The text is SSML as our prompts have it; else it is words alone."""
    lost: bool = False
    """It had marks that are left out."""


def read_marks(text: str, values: re.Pattern[str]) -> Words:
    """The words of ``text``, with their marks if ours can be the same. ``values``: what stands for a value in it."""
    if not _MARK.search(values.sub("…", text)):
        return Words(text=text)
    inside = _ROOT.sub(" ", text)
    trial = values.sub("…", inside).translate(_BRACES)
    if not _MARK.search(trial):
        return Words(text=unescape(inside))
    try:
        read_ssml(trial)
    except TemplateError:
        return Words(text=without_marks(text), lost=True)
    return Words(text=inside, marked=True)


def without_marks(text: str) -> str:
    """The words alone."""
    return _MARK.sub(" ", text)
