"""Our records as plain data: what is written to files, databases and browsers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec


def builtins(value: object) -> Any:
    """Structs, dataclasses, enumerations and what is in them as JSON's own types; ``msgspec.convert`` is the way
    back."""
    return msgspec.to_builtins(value, enc_hook=_mapping)


def _mapping(value: object) -> object:
    """Mappings that msgspec does not know itself (read-only views) become dictionaries."""
    if isinstance(value, Mapping):
        return dict(value)
    raise NotImplementedError(f"{type(value).__name__} has no plain form")
