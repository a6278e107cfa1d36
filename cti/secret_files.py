"""Passwords and tokens: each stands in a file of its own, and nowhere else."""

from __future__ import annotations

from pathlib import Path

from cti.service.ports import LineError


def secret_lines(path: Path, what: str) -> list[str]:
    """The lines of the file that are not empty, at least one. LineError says to write *what* into it, and shows nothing
    of what stands there."""
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except OSError as error:
        raise LineError(f"cannot read {path}: {error.strerror}; write into it {what}") from None
    except UnicodeDecodeError:
        raise LineError(f"{path} is no text; write into it {what}") from None
    if not lines:
        raise LineError(f"{path} is empty; write into it {what}")
    return lines
