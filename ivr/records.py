"""Immutable records of which a call has a new one at every step.

Events, effects and what is kept of calls are structs of msgspec rather than dataclasses: frozen ones are made ten
times, and copied twenty times as fast, and dozens are made for a call. :func:`replace` is for them alone, and
:func:`dataclasses.replace` for dataclasses: type checkers do not tell the two apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import replace  # whose changes type checkers compare with the fields
else:
    from msgspec.structs import replace

__all__ = ["replace"]
