"""SIGHUP has a running centre read its files again; what is wrong in them is said, and nothing changes."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

BANK = Path(__file__).parents[2] / "config" / "examples" / "bank"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return Path(shutil.copytree(BANK, tmp_path / "bank"))


@pytest.fixture
def serving(site: Path, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A centre that serves; its standard error comes line by line."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port = listener.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "holdless",
        "serve",
        str(site),
        "--port",
        str(port),
        "--data",
        str(tmp_path / "data"),
    ]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = iter(process.stdout.readline, "")
        assert any("Serving" in line for line in said), process.stderr and process.stderr.read()
        try:
            yield process
        finally:
            process.terminate()
            process.wait(timeout=60)


def heard(process: subprocess.Popen[str], is_it: Callable[[str], bool]) -> list[str]:
    """What the centre logs from now on, up to the line that is looked for."""
    assert process.stderr is not None
    lines = []
    for line in iter(process.stderr.readline, ""):
        lines.append(line)
        if is_it(line):
            return lines
    raise AssertionError(f"it ended without that: {lines}")


def test_a_centre_reads_its_files_again(serving: subprocess.Popen[str], site: Path) -> None:
    file = site / "site.yaml"
    good = file.read_text(encoding="utf-8")
    file.write_text(good.replace("best-skill", "best-lazy", 1), encoding="utf-8")
    serving.send_signal(signal.SIGHUP)
    said = heard(serving, lambda line: "nothing was changed" in line)
    place = next(number for number, line in enumerate(good.splitlines(), 1) if "best-skill" in line)
    assert any(f"site.yaml:{place}:" in line and "best-lazy" in line for line in said), said
    file.write_text(good.replace("best-skill", "fewest-calls", 1), encoding="utf-8")
    serving.send_signal(signal.SIGHUP)
    heard(serving, lambda line: "as they are now" in line)
    assert serving.poll() is None
