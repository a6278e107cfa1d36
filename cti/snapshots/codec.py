"""A running centre as bytes, and back.

The bytes are a pickle, as the state is a graph (an agent and a call know of each other) and reading it back takes a
third of a second where a readable form would take many. A pickle can name any function to be called, so reading is held
to the classes of the pure packages and the handful of others listed here; and as it follows the code's own layout, it
is good for the very code that wrote it only: :func:`code_digest` says which that is.
"""

from __future__ import annotations

import copyreg
import inspect
import io
import pickle
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from pathlib import Path
from platform import python_version
from typing import Any, ClassVar, cast
from zoneinfo import ZoneInfo

import acd
import centre
import ivr
from centre.events import AgentReady
from centre.machine import Centre
from config.site import Prompt
from ivr.expressions.stored import applied
from ivr.expressions.tree import Apply

_PURE = (acd, ivr, centre)
_OTHERS = frozenset(
    {
        ("collections", "Counter"),
        ("collections", "defaultdict"),
        ("collections", "deque"),
        ("collections", "OrderedDict"),
        ("config.site", "Prompt"),
        ("datetime", "date"),
        ("datetime", "datetime"),
        ("datetime", "time"),
        ("datetime", "timedelta"),
        ("decimal", "Decimal"),
        ("pathlib", "PosixPath"),
        ("zoneinfo", "ZoneInfo"),
    }
)
_rebuild = cast(Callable[..., object], AgentReady(agent="").__reduce__()[0])
"""Makes a struct of its class, which is held to the others here, and its fields. It is msgspec's own, which nowhere
promises where it stands."""
_FUNCTIONS: Mapping[tuple[str, str], Callable[..., object]] = {
    ("copyreg", "_reconstructor"): copyreg._reconstructor,  # type: ignore[attr-defined]
    ("ivr.expressions.stored", "applied"): applied,
    (_rebuild.__module__, _rebuild.__name__): _rebuild,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What a snapshot keeps."""

    centre: Centre
    prompts: Mapping[str, Mapping[str, Prompt]]
    """Those that the calls may still hear, of configurations before this one too (:attr:`config.site.Site.prompts`)."""


class NotKept(ValueError):
    """The bytes are not what this module wrote."""


@cache
def code_digest() -> str:
    """Of all code that the state of a centre and its layout depend on: the pure packages', that of the prompts, and
    Python itself."""
    digest = blake2b(python_version().encode(), digest_size=16)
    for name, path in _code():
        digest.update(f"{name}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _code() -> Iterator[tuple[str, Path]]:
    for package in _PURE:
        folder = Path(package.__path__[0])
        for path in sorted(folder.rglob("*.py")):
            yield f"{package.__name__}/{path.relative_to(folder)}", path
    yield Prompt.__module__, Path(inspect.getfile(Prompt))


def encode(kept: Kept) -> bytes:
    """The centre as it stands. Nobody may be watching it (:mod:`acd.explain`)."""
    file = io.BytesIO()
    _Writer(file, pickle.HIGHEST_PROTOCOL).dump((kept.centre, kept.prompts))
    return file.getvalue()


def decode(payload: bytes) -> Kept:
    """Undoes :func:`encode`; raises :class:`NotKept` for any other bytes."""
    try:
        found = _Reader(io.BytesIO(payload)).load()
        running, prompts = found
    except Exception as error:  # pickle raises whatever the bytes make it stumble over
        raise NotKept(f"{type(error).__name__}: {error}") from error
    if not isinstance(running, Centre):
        raise NotKept("no centre in it")
    return Kept(centre=running, prompts=prompts)


class _Writer(pickle.Pickler):
    dispatch_table: ClassVar[Mapping[type, Callable[[Any], Any]]] = {  # type: ignore[misc]
        **copyreg.dispatch_table,
        Apply: lambda node: (applied, (node.name, node.arguments)),
        ZoneInfo: lambda zone: (ZoneInfo, (zone.key,)),
    }


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        function = _FUNCTIONS.get((module, name))
        if function is not None:
            return function
        if (module, name) in _OTHERS:
            return super().find_class(module, name)
        if module.partition(".")[0] in {package.__name__ for package in _PURE}:
            found = super().find_class(module, name)
            if isinstance(found, type) and found.__module__ == module:  # not what the module imports
                return found
        raise NotKept(f"{module}.{name} has no place in a snapshot")
