"""Broken copies of the example bank."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from config import SiteError, load_site

BANK = Path(__file__).parents[3] / "config" / "examples" / "bank"
HERE = "‸"
"""Marks in a text the place that the finding has to name."""


def copy_of_the_bank(folder: Path) -> Path:
    """A copy that may be broken, without the recordings."""
    return shutil.copytree(BANK, folder / "bank", ignore=shutil.ignore_patterns("*.wav"))


def refused(site: Path) -> SiteError:
    """The error with which the site is refused."""
    with pytest.raises(SiteError) as caught:
        load_site(site)
    return caught.value


def expected_at(site: Path, file: str, old: str, new: str) -> str:
    """Writes ``new`` for ``old`` in the file; the place marked in ``new`` as a finding names it."""
    path = site / file
    before, found, after = path.read_text(encoding="utf-8").partition(old)
    assert found, f"{old!r} is not in {file}"
    marked = before + new + after
    path.write_bytes(marked.replace(HERE, "").encode())
    if HERE not in marked:
        return str(path)
    above = marked.partition(HERE)[0]
    return f"{path}:{above.count(chr(10)) + 1}:{len(above) - above.rfind(chr(10))}: "
