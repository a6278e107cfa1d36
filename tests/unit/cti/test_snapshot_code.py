"""A snapshot is good for the very code that wrote it, each module whose objects it keeps included."""

from __future__ import annotations

from pathlib import Path

import pytest

from cti.snapshots import code_digest


@pytest.mark.parametrize("file", ["acd/rules.py", "ivr/session.py", "centre/calls.py", "config/site.py"])
def test_a_change_of_code_that_it_keeps_objects_of_makes_a_snapshot_another(
    monkeypatch: pytest.MonkeyPatch, file: str
) -> None:
    before, read = code_digest(), Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: read(path) + b"#" * path.as_posix().endswith(file))
    code_digest.cache_clear()
    assert code_digest() != before
    monkeypatch.undo()
    code_digest.cache_clear()
    assert code_digest() == before
