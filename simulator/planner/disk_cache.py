"""Compiled code on disk, where several processes may put it, and look for it, at the same time."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any
from uuid import uuid4

from numba.core.caching import FunctionCache, IndexDataCacheFile


class _Files(IndexDataCacheFile):
    """Those of one function: an index, and a file for each set of types that it was compiled for.

    numba numbers the latter. Two processes that compile at once for different centres would give both the same number,
    and from then on one centre would be run by the code, and so by the rules, of the other one.
    """

    def _data_name(self, number: int) -> str:  # noqa: ARG002 - numba calls it so
        name: str = super()._data_name(uuid4().int)
        return name


class DiskCache(FunctionCache):
    """What numba keeps of a function. Nothing of it is needed: what cannot be read or written is compiled anew."""

    def __init__(self, function: Callable[..., Any]) -> None:
        """Raises ``RuntimeError`` where there is no place for it."""
        super().__init__(function)
        impl = self._impl
        self._cache_file = _Files(self.cache_path, impl.filename_base, impl.locator.get_source_stamp())

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """What was compiled for the types ``sig``; None: nothing, or another user's file."""
        with suppress(OSError):
            return super().load_overload(sig, target_context)
        return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keeps what was compiled for them, unless the disk is full or may no longer be written."""
        with suppress(OSError):
            super().save_overload(sig, data)
