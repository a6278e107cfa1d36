"""Every test here leaves behind what it found."""

import pytest

from tests.leftovers import nothing_left

__all__ = ["nothing_left"]


@pytest.fixture(autouse=True)
def snapshots_have_their_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine as busy as one that tests, a child that gives way to everybody would be waited for too long."""
    monkeypatch.setattr("cti.snapshots.forked._NICE", 0)
