"""Prompts with marks, as what stands in <Say>: by the helper library's own elements, which encode all words."""

from __future__ import annotations

from twilio.twiml import TwiML

from ivr.aloud import Element, Literal, Markup

_METHODS = {"break": "break_", "say-as": "say_as"}
"""Of the library, where they are not called as the mark is."""


def speak(verb: TwiML, markup: Markup) -> None:
    """Puts words and marks into ``verb``; values have to be in their places (:func:`ivr.aloud.with_values`)."""
    for part in markup:
        if isinstance(part, Literal):
            verb.nest(part.text)
            continue
        assert isinstance(part, Element), "a value without its words"
        words = {} if part.name == "break" else {"words": ""}  # they follow, with the marks among them
        method = getattr(verb, _METHODS.get(part.name, part.name))
        speak(method(**words, **dict(part.attributes)), part.inside)
