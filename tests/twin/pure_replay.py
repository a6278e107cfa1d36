"""Replays events in a process that may not open, connect, start or look up anything (run as a module by a test).

Reads from standard input a pickle of (centre's setup, time zones, [(event, at), …]); writes to standard output a
pickle of the effects of each event.
"""

from __future__ import annotations

import pickle
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

from centre.effects import Effect
from centre.machine import Centre

FORBIDDEN = (
    "open",
    "socket.",
    "subprocess.",
    "os.",
    "shutil.",
    "tempfile.",
    "sqlite3.",
    "import",
    "ctypes.",
    "_thread.",
)


def forbid(event: str, _: object) -> None:
    """An audit hook: the interpreter announces every file, socket, process and import before it happens."""
    if event.startswith(FORBIDDEN):
        raise PermissionError(f"not pure: {event}")


def main() -> None:
    """Replays."""
    setup, zones, entries = pickle.load(sys.stdin.buffer)
    # The rules of time zones are constants, read once; where a site is loaded, its loader has read them already.
    for zone in zones:
        ZoneInfo(zone)
    centre = Centre(setup)
    effects: list[list[Effect]] = []
    sys.addaudithook(forbid)
    try:
        Path("/dev/null").read_bytes()
    except PermissionError:
        pass
    else:
        raise AssertionError("the audit hook does not hold, so this proves nothing")
    for event, at in entries:
        effects.append(centre.apply(event, at))
    sys.stdout.buffer.write(pickle.dumps(effects))


if __name__ == "__main__":
    main()
