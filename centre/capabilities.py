"""What each kind of line can do: the one list that the drivers declare, the desk shows and ``flow check`` reads.

A line that has all of these carries every flow as the simulator plays it. What a line lacks stands in ``CAPABILITIES``,
with the source; what callers meet instead is said in :mod:`config.check.lines`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from acd.setup import VOICE
from centre.line_kind import LineKind


@dataclass(frozen=True, slots=True, kw_only=True)
class LineCapabilities:
    """What a line can do beyond carrying calls."""

    name: str
    """What people call it."""
    picks_up: bool = False
    """The agent's phone can be answered from the desk."""
    holds: bool = True
    """A conversation can be held and retrieved from the desk."""
    channels: frozenset[str] = frozenset({VOICE})
    """What it carries: the channels that queues may be of."""
    needs_recordings: bool = False
    """It plays recordings only, and synthesises no text."""
    speaks_ssml: bool = True
    """Its voices know the marks that a prompt may have."""
    ssml_needs_a_voice: bool = False
    """… but for the voices that it takes where none is named."""
    needs_trunk: bool = False
    """It dials numbers outside only by a trunk that the site names."""
    dials_any_number: bool = True
    """It dials numbers outside as they are written; else only international ones, with a plus."""
    prompts_can_be_uninterruptible: bool = True
    """A question's prompt can be spoken to its end whatever is pressed (``barge_in: false``)."""
    listens_while_speaking: bool = True
    """It hears a key that interrupts what is said outside a question; else it listens for a moment afterwards."""
    types_ahead: bool = True
    """Keys that are pressed before a question are kept for it."""
    first_key_has_its_own_time: bool = True
    """The time for the first key is not that between keys."""
    entries_have_a_limit: bool = True
    """All keys of an entry together can have a time, however fast they follow each other."""
    entries_end_by_their_keys: bool = True
    """A key that makes the entry alone, a menu's inside a longer entry too, ends it at once."""
    keeps_entries_secret: bool = True
    """Nobody but this engine sees the keys of a sensitive question."""
    keeps_recordings_secret: bool = True
    """Nobody but this engine keeps a sensitive recording."""
    records_conversations: bool = False
    """It records what caller and agent say, where their queue has it so."""
    recording_step_ms: int = 1
    """The length of a recording is a multiple of this."""
    silence_kept_ms: int = 0
    """So much of the silence that ends a recording counts as its length."""


CAPABILITIES: Mapping[LineKind, LineCapabilities] = {
    # It keeps to the keypad's table (ivr.collect), as all others should; it shows words, and speaks none.
    LineKind.VIRTUAL: LineCapabilities(name="the virtual line", picks_up=True, speaks_ssml=False),
    # A desk telephone is answered by hand. Measured with Asterisk 22.10: 1,020 ms of a caller who said nothing.
    LineKind.ASTERISK: LineCapabilities(
        name="Asterisk", needs_recordings=True, speaks_ssml=False, needs_trunk=True, silence_kept_ms=1_100
    ),
    # TwiML's <Gather> (https://www.twilio.com/docs/voice/twiml/gather): any key interrupts what is spoken inside it,
    # ``timeout`` is one time for the first key and between keys, and there is none for the whole entry; ``finishOnKey``
    # is the only key that ends an entry early; keys pressed while no <Gather> runs are lost. <Record> tells whole
    # seconds. Basic voices know no SSML (https://www.twilio.com/docs/voice/twiml/say/text-speech). <Number> takes E.164
    # (https://www.twilio.com/docs/voice/twiml/number).
    LineKind.TWILIO: LineCapabilities(
        name="Twilio",
        ssml_needs_a_voice=True,
        dials_any_number=False,
        prompts_can_be_uninterruptible=False,
        listens_while_speaking=False,
        types_ahead=False,
        first_key_has_its_own_time=False,
        entries_have_a_limit=False,
        entries_end_by_their_keys=False,
        keeps_entries_secret=False,
        keeps_recordings_secret=False,
        records_conversations=True,
        recording_step_ms=1_000,
    ),
}
