"""The browser's side of a stream, as a Python test needs it; what pages run is cti/web/static/js/mirror.js."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def changed(old: Any, change: Any) -> Any:
    """``old`` with a change done to it."""
    if isinstance(change, list):
        return change[0]
    fresh: Any = list(old) if isinstance(old, list) else dict(old)
    for key, one in change.items():
        if one == []:
            del fresh[key]
        elif isinstance(fresh, dict):
            fresh[key] = changed(fresh.get(key), one)
        elif int(key) == len(fresh):
            fresh.append(changed(None, one))
        else:
            fresh[int(key)] = changed(fresh[int(key)], one)
    return fresh


class Mirror:
    """What one page knows of a stream."""

    def __init__(self, ask: Callable[[str, int], None]) -> None:
        """``ask``: asks again, with the name of the stream and the last number known."""
        self.state: Any = None
        self.stream, self.number = "", 0
        self._ask = ask

    def take(self, message: dict[str, Any]) -> bool:
        """Takes in a message; whether the state is another one now."""
        if message["type"] == "snapshot":
            self.stream, self.number, self.state = message["stream"], message["number"], message["state"]
            return True
        is_ours = message["stream"] == self.stream
        if message["type"] == "change" and is_ours and message["number"] == self.number + 1:
            self.number += 1
            self.state = changed(self.state, message["change"])
            return True
        if not is_ours or message["number"] > self.number:
            self._ask(self.stream, self.number)
        return False
