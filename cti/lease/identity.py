"""What an engine is called, over restarts."""

from __future__ import annotations

import os
import socket
import uuid
from pathlib import Path


def engine_id(folder: Path) -> str:
    """The name of the engine whose data folder this is, made at its first start.

    Only for who has locked the folder: whoever has the name knows that no earlier process of it is alive, and need not
    wait for the lease that a killed one left behind. Raises OSError.
    """
    path = folder / "engine-id"
    try:
        found = uuid.UUID(path.read_text(encoding="ascii").strip()).hex
    except (FileNotFoundError, ValueError):
        found = uuid.uuid4().hex
        path.write_text(found + "\n", encoding="ascii")
    return found


def engine_name() -> str:
    """This process, for people."""
    return f"{socket.gethostname()}, process {os.getpid()}"
