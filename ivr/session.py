"""Where one call stands in its flow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ivr.messages import Entry, MenuStep


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Immutable; :func:`ivr.engine.advance` gives the next one."""

    flow: str
    """The digest of the flow the call began with."""
    node: str
    language: str
    step: int = 0
    """Counts the effects that wait for an answer; the current one answers to this number."""
    attempt: int = 0
    """How often the current question was asked in vain."""
    waiting_in: str | None = None
    """The queue, once the flow gave the call to one."""
    ended: bool = False
    needs: tuple[str, ...] = ()
    """Requirements as text; all of them have to be met."""
    language_needs: str | None = None
    """The one of ``needs`` that came with the language."""
    priority: int = 0
    attributes: Mapping[str, str] = field(default_factory=dict)
    path: tuple[MenuStep, ...] = ()
    entries: tuple[Entry, ...] = ()
    tagged: tuple[str, ...] = ()
    """The tag nodes that were passed: each counts once."""
