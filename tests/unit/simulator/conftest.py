"""What the tests of menus have in common."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from config import load_site
from config.site import Site
from tests.unit.simulator.menu_example import MENUS


@pytest.fixture(scope="module")
def menus() -> Site:
    """The example with menus."""
    return load_site(MENUS)


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The folder of a copy of it that the test may change."""
    return shutil.copytree(MENUS, tmp_path / "menus")
