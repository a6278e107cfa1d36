"""Names of a package whose modules take long to load: what a start does without, it does not wait for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module


def loaded_later(package: str, modules: Mapping[str, str]) -> Callable[[str], object]:
    """The ``__getattr__`` (PEP 562) of ``package``, which loads the module of a name when that is first asked for.
    ``modules``: by the names that it has."""

    def get(name: str) -> object:
        if name not in modules:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(modules[name]), name)

    return get
