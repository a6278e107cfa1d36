"""Functions that compiled ones call, and what types they and the few of Python's own are of, that have one here."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

from numba.core import types
from numba.extending import models, register_model


class Part:
    """A function that compiled ones call."""

    def __init__(self, function: Callable[..., Any], *, inlined: bool = False) -> None:
        """``inlined``: laid into all its callers."""
        self.function, self.inlined = function, inlined

    @property
    def name(self) -> str:
        """As Python names it."""
        return f"{self.function.__module__}.{self.function.__qualname__}"

    @cached_property
    def type(self) -> PartType:
        """Its own."""
        return PartType(self)


class PartType(types.Dummy):
    """Of a part."""

    def __init__(self, part: Part) -> None:
        self.part = part
        super().__init__(name=f"Part({part.name})")

    @property
    def key(self) -> object:
        """One type for each."""
        return self.part


class MadeType(types.Dummy):
    """Of what turns a number into one of the type ``made``."""

    def __init__(self, made: types.Type) -> None:
        self.made = made
        super().__init__(name=f"Made({made})")


class LengthType(types.Dummy):
    """Of ``len``."""


class RangeType(types.Dummy):
    """Of ``range``."""


for _kind in (PartType, MadeType, LengthType, RangeType):
    register_model(_kind)(models.OpaqueModel)
