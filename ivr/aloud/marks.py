"""The marks of SSML (https://www.w3.org/TR/speech-synthesis11/) that a prompt may have: those of Twilio's <Say>, with
its attributes and values (https://www.twilio.com/docs/voice/twiml/say/text-speech), nested as its helper library does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """What an attribute may say: one of some words, or what a pattern fits."""

    words: tuple[str, ...] = ()
    pattern: str = ""
    like: str = ""
    """What fits the pattern, for people."""

    def hold(self, value: str) -> bool:
        """Whether it may say this."""
        return value in self.words or bool(self.pattern and re.fullmatch(self.pattern, value))

    def __str__(self) -> str:
        return ", ".join((*self.words, self.like) if self.like else self.words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What one mark says, and what may stand inside it."""

    attributes: Mapping[str, Values] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    """Attributes without which it says nothing."""
    inside: frozenset[str] = frozenset()
    """Other marks; beside words."""
    has_words: bool = True
    parts_words: bool = False
    """The words before and after it are apart, whatever a voice makes of it."""


_IN_WORDS = frozenset({"break", "emphasis", "phoneme", "prosody", "say-as", "sub"})
_IN_SENTENCES = _IN_WORDS | {"lang", "w"}
_IN_PARAGRAPHS = _IN_SENTENCES | {"s"}
ANYWHERE = _IN_PARAGRAPHS | {"p"}
"""What may stand in a prompt itself."""

_NUMBER = r"[0-9]{1,4}(?:\.[0-9]{1,2})?"
_WORDS = Values(pattern=r"\s*[^\s{}][^{}]{0,199}", like="one to 200 characters, without braces")

MARKS: Mapping[str, Mark] = {
    "break": Mark(
        attributes={
            "strength": Values(words=("none", "x-weak", "weak", "medium", "strong", "x-strong")),
            "time": Values(pattern=rf"{_NUMBER}(?:s|ms)", like="a time such as 500ms or 1s"),
        },
        has_words=False,
        parts_words=True,
    ),
    "emphasis": Mark(attributes={"level": Values(words=("strong", "moderate", "reduced"))}, inside=_IN_SENTENCES),
    "lang": Mark(
        attributes={
            "xml:lang": Values(pattern=r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}", like="a language such as uk or en-GB")
        },
        needs=("xml:lang",),
        inside=ANYWHERE,
    ),
    "p": Mark(inside=_IN_PARAGRAPHS, parts_words=True),
    "phoneme": Mark(
        attributes={
            "alphabet": Values(
                words=(
                    "ipa",
                    "x-sampa",
                    "x-amazon-jyutping",
                    "x-amazon-pinyin",
                    "x-amazon-pron-kana",
                    "x-amazon-yomigana",
                )
            ),
            "ph": _WORDS,
        },
        needs=("alphabet", "ph"),
    ),
    "prosody": Mark(
        attributes={
            "volume": Values(
                words=("default", "silent", "x-soft", "soft", "medium", "loud", "x-loud"),
                pattern=rf"[+-]{_NUMBER}dB",
                like="a change such as +6dB",
            ),
            "rate": Values(
                words=("x-slow", "slow", "medium", "fast", "x-fast"), pattern=rf"{_NUMBER}%", like="a share such as 85%"
            ),
            "pitch": Values(
                words=("default", "x-low", "low", "medium", "high", "x-high"),
                pattern=rf"[+-]{_NUMBER}%",
                like="a change such as -10%",
            ),
        },
        inside=ANYWHERE,
    ),
    "s": Mark(inside=_IN_SENTENCES, parts_words=True),
    "say-as": Mark(
        attributes={
            "interpret-as": Values(
                words=(
                    "characters",
                    "spell-out",
                    "cardinal",
                    "number",
                    "ordinal",
                    "digits",
                    "fraction",
                    "unit",
                    "date",
                    "time",
                    "address",
                    "expletive",
                    "telephone",
                )
            ),
            "format": Values(words=("mdy", "dmy", "ymd", "md", "dm", "ym", "my", "d", "m", "y", "yyyymmdd")),
        },
        needs=("interpret-as",),
    ),
    "sub": Mark(attributes={"alias": _WORDS}, needs=("alias",)),
    "w": Mark(
        attributes={"role": Values(pattern="amazon:[A-Z0-9_]{1,20}", like="a role such as amazon:VB")},
        needs=("role",),
        inside=_IN_WORDS,
    ),
}
