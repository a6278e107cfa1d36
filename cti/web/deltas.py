"""What has changed between two states of a page, so that a browser can make the newer one of the older.

A change is JSON too: ``{"agents": {"3": {"state": ["talking"]}}}`` says that the state of the fourth agent is
“talking” now and nothing else has changed. An object holds changes by key (of a list: by place), ``[value]`` is a new
value, ``[]`` takes a key away. JSON Patch (RFC 6902) would say the same at three times the length, as it repeats each
path; JSON Merge Patch (RFC 7396) cannot set null, and changes lists only whole. The other half is
``static/js/mirror.js``.
"""

from __future__ import annotations

from typing import Any

Plain = Any
"""What JSON can say: made of dict, list, str, int, float, bool and None."""


def difference(old: Plain, new: Plain) -> Plain:
    """The change from ``old`` to ``new``; None where there is none."""
    if isinstance(old, dict) and isinstance(new, dict):
        change: dict[str, Plain] = {key: [] for key in old if key not in new}
        for key, value in new.items():
            _note(change, key, [value] if key not in old else difference(old[key], value))
        return change or None
    if isinstance(old, list) and isinstance(new, list) and len(old) <= len(new):
        change = {}
        for place, value in enumerate(new):
            _note(change, str(place), [value] if place >= len(old) else difference(old[place], value))
        return change or None
    # True is 1 to Python, and not to JavaScript.
    return None if type(old) is type(new) and old == new else [new]


def _note(change: dict[str, Plain], key: str, one: Plain) -> None:
    if one is not None:
        change[key] = one
