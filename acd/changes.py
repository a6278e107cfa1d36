"""What might have been otherwise in a decision: see :mod:`acd.alternatives`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class What(StrEnum):
    """What would have had to be otherwise. ``Change`` says of whom and by how much."""

    CALL_EARLIER = "call-earlier"
    """``call`` had come ``amount`` milliseconds earlier (then ``agent``, if there is one, would have had it)."""
    NOT_KEPT = "not-kept"
    """The call had not been kept for its agent: ``agent`` would have had it (if empty: it would wait)."""
    NO_PREFERENCE = "no-preference"
    """The agent who got the call had not preferred its queue: ``agent`` would have had it (if empty: it would
    wait)."""
    NOT_MISSED = "not-missed"
    """``agent`` had not let the call ring before."""
    SCORE = "score"
    """The score of ``agent`` had been better by ``amount`` (see :class:`acd.explain.Verdict`)."""
    FEWER_IN_HAND = "fewer-in-hand"
    """``agent`` had had ``amount`` calls fewer in hand."""
    LONGER_IDLE = "longer-idle"
    """``agent`` had been idle ``amount`` milliseconds longer."""
    LOT = "lot"
    """The lot had drawn ``agent``."""
    ORDER = "order"
    """``agent`` had stood earlier in the setup."""
    NOT_DECLINED = "not-declined"
    """``agent`` had not declined the call."""
    READY = "ready"
    """``agent`` had been ready (for longer than ``amount`` milliseconds, where that is not 0)."""
    LEVELS = "levels"
    """``agent`` had had ``levels``."""
    MORE_READY = "more-ready"
    """``amount`` more of the agents who may take the call had been ready, the nearest to it first: other calls come
    first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that was not so."""

    what: What
    agent: str = ""
    call: str = ""
    amount: int = 0
    levels: tuple[tuple[str, int], ...] = ()
    """Skills and the levels that would do; 0 is “not held”."""
