"""Values read aloud: numbers, money, dates, times, durations and telephone numbers inside a prompt.

A prompt's text is read by :func:`read_template` into words and places for values; :func:`words_of` says it as a text
for people and speech synthesisers, :func:`sounds_of` as recordings, one after the other. Both come from one grammar
(:mod:`ivr.aloud.english`, :mod:`ivr.aloud.slavic`), which names every word by the recording that says it. Nothing here
fails: what a value is not, is left to :func:`ivr.aloud.values.spelt`. A text may be marked, too: :mod:`ivr.aloud.ssml`.
"""

from ivr.aloud.render import (
    TONGUES,
    Sound,
    categories_of,
    fragments_needed,
    pieces_of,
    sounds_of,
    tongue_of,
    words_for,
    words_of,
)
from ivr.aloud.ssml import Element, Markup, Ssml, read_ssml, with_values
from ivr.aloud.template import Aloud, Literal, Plural, Slot, Template, TemplateError, read_template, slots_of
from ivr.aloud.tongue import PAUSE

__all__ = [
    "PAUSE",
    "TONGUES",
    "Aloud",
    "Element",
    "Literal",
    "Markup",
    "Plural",
    "Slot",
    "Sound",
    "Ssml",
    "Template",
    "TemplateError",
    "categories_of",
    "fragments_needed",
    "pieces_of",
    "read_ssml",
    "read_template",
    "slots_of",
    "sounds_of",
    "tongue_of",
    "with_values",
    "words_for",
    "words_of",
]
