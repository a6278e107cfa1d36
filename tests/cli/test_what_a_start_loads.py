"""Callers wait while an engine starts: it loads what serves them, and the rest when they are served."""

import subprocess
import sys

import pytest

BESIDE = (
    "aiohttp",
    "alembic",
    "sqlalchemy",
    "asyncpg",
    "liquid",
    "babel.dates",
    "ivr.aloud.russian",
    "jinja2",
    "cti.web.server",
    "holdless.pair",
    "cti.twilio.line",
    "numpy",
    "numba",
    "simpy",
)
"""What pages, other lines, a second engine, the database of records, planners, and what few sites have need."""


@pytest.mark.parametrize("module", BESIDE)
def test_an_engine_is_put_together_without(loaded: frozenset[str], module: str) -> None:
    assert module not in loaded


@pytest.fixture(scope="module")
def loaded() -> frozenset[str]:
    """The modules of a process that could begin to serve."""
    code = "import sys, holdless.cli, holdless.serve; print(*sys.modules)"
    return frozenset(
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    )
