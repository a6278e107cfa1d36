"""What cannot work is refused at the start: one clear line on what and how to mend it, exit code 2, no half start."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

BANK = Path(__file__).parents[2] / "config" / "examples" / "bank"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A copy of the example bank, to be spoilt."""
    return Path(shutil.copytree(BANK, tmp_path / "bank"))


@pytest.fixture
def taken_port() -> Iterator[int]:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        yield listener.getsockname()[1]


def holdless(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "holdless", *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """The one line that a refusal consists of."""
    assert done.returncode == 2, (done.returncode, done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    lines = [line for line in done.stderr.splitlines() if line.startswith("holdless: ")]
    assert len(lines) == 1, done.stderr
    assert "Serving" not in done.stdout
    return lines[0]


def replace_in(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_site_that_is_not_there(tmp_path: Path) -> None:
    assert "no-such-site" in refused(holdless("serve", "no-such-site", cwd=tmp_path))


def test_a_misspelt_key_is_refused_with_its_place_and_the_right_word(site: Path, tmp_path: Path) -> None:
    replace_in(site / "site.yaml", "wrap_up: 30 s", "wrapup: 30 s")
    line = refused(holdless("serve", site, cwd=tmp_path))
    assert "site.yaml:" in line
    assert "wrap_up" in line


def test_a_port_that_another_program_has(site: Path, tmp_path: Path, taken_port: int) -> None:
    line = refused(holdless("serve", site, "--port", str(taken_port), cwd=tmp_path))
    assert f"port {taken_port}" in line
    assert "--port" in line
    assert not (tmp_path / "var").exists(), "nothing may be left behind"


def test_a_database_that_cannot_be_opened(site: Path, tmp_path: Path) -> None:
    line = refused(
        holdless("serve", site, "--port", "0", "--database", "sqlite+aiosqlite:////nowhere/at/all.db", cwd=tmp_path)
    )
    assert "/nowhere/at/all.db" in line


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--standby"], "--journal postgresql://"),
        (["--journal", "sqlite:///centre.db"], "write postgresql://user@host/database"),
        (["--journal", "postgresql://me:secret@127.0.0.1:9/centre"], "me:***@127.0.0.1:9/centre"),
    ],
)
def test_a_journal_for_two_machines_that_cannot_be(
    site: Path, tmp_path: Path, options: list[str], complaint: str
) -> None:
    line = refused(holdless("serve", site, "--port", "0", *options, cwd=tmp_path))
    assert complaint in line
    assert "secret" not in line


def test_a_data_folder_that_another_engine_uses(site: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    with subprocess.Popen(
        [sys.executable, "-m", "holdless", "serve", str(site), "--port", "0", "--data", str(data)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as first:
        try:
            assert first.stdout is not None
            assert "Serving" in first.stdout.readline()
            line = refused(holdless("serve", site, "--port", "0", "--data", data, cwd=tmp_path))
            assert str(data) in line
        finally:
            first.terminate()
            assert first.wait(timeout=60) == 0, "SIGTERM ends the service in good order"


def test_customers_that_are_no_table(site: Path, tmp_path: Path) -> None:
    (site / "customers.csv").write_bytes(b"\xff\xfe\x00broken")
    assert "customers.csv" in refused(holdless("serve", site, "--port", "0", cwd=tmp_path))


def test_pages_without_passwords_stay_on_this_machine(site: Path, tmp_path: Path) -> None:
    line = refused(holdless("serve", site, "--host", "0.0.0.0", "--port", "0", cwd=tmp_path))
    assert "password" in line


def on_asterisk(site: Path, port: int, secret: str | None = "right") -> Path:
    replace_in(site / "site.yaml", "port: 5038", f"port: {port}")
    if secret is not None:
        (site / "asterisk.secret").write_text(secret + "\n", encoding="utf-8")
    return site


def test_a_missing_password_for_asterisk(site: Path, tmp_path: Path) -> None:
    line = refused(holdless("serve", on_asterisk(site, 1, None), "--line", "asterisk", "--port", "0", cwd=tmp_path))
    assert "asterisk.secret" in line


def test_a_port_for_asterisks_menus_that_another_program_has(site: Path, tmp_path: Path, taken_port: int) -> None:
    replace_in(site / "site.yaml", "port: 4573", f"port: {taken_port}")
    line = refused(holdless("serve", on_asterisk(site, 1), "--line", "asterisk", "--port", "0", cwd=tmp_path))
    assert f"port {taken_port}" in line
    assert "fastagi" in line


def test_an_asterisk_that_is_not_there(site: Path, tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port = listener.getsockname()[1]
    line = refused(holdless("serve", on_asterisk(site, port), "--line", "asterisk", "--port", "0", cwd=tmp_path))
    assert f"127.0.0.1:{port}" in line


def test_a_queue_of_a_channel_that_the_line_does_not_carry(site: Path, tmp_path: Path) -> None:
    replace_in(site / "site.yaml", "    waiting_limit: 50", "    channel: chat\nchannels: {chat: {capacity: 3}}")
    for line_of, place in (("virtual", site), ("asterisk", on_asterisk(site, 1))):
        line = refused(holdless("serve", place, "--line", line_of, "--port", "0", cwd=tmp_path))
        assert f"is of the channel “chat”, which the line “{line_of}” does not carry; take the queue out" in line
    line = refused(holdless("simulate", site, "--day", cwd=tmp_path))
    assert "is of the channel “chat”, and telephone calls alone can be simulated" in line
    line = refused(holdless("plan", site, "--date", "2026-11-23", cwd=tmp_path))
    assert line.startswith(f"holdless: {site / 'site.yaml'}:")
    assert "queue “technical” is of the channel “chat”, and telephone calls alone can be simulated" in line


def test_a_site_with_warnings_is_checked_with_exit_code_1_and_the_places(site: Path, tmp_path: Path) -> None:
    replace_in(site / "site.yaml", "    wait_limit: 20 min", "    wait_limit: 10 s")
    done = holdless("check", site, cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    assert "2 warnings. 3 queues" in done.stdout
    warnings = done.stderr.splitlines()
    assert len(warnings) == 2
    assert all(line.startswith(f"warning: {site / 'site.yaml'}:") for line in warnings)


def test_a_site_without_warnings_is_checked_with_exit_code_0(site: Path, tmp_path: Path) -> None:
    done = holdless("check", site, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "nothing wrong. 3 queues" in done.stdout


def test_twilio_on_a_site_that_says_nothing_of_it(site: Path, tmp_path: Path) -> None:
    line = refused(holdless("serve", site, "--line", "twilio", "--port", "0", cwd=tmp_path))
    assert "add a section “twilio”" in line


def test_twilio_without_its_secrets(tmp_path: Path) -> None:
    office = Path(shutil.copytree(BANK.parent / "twilio", tmp_path / "office"))
    line = refused(holdless("serve", office, "--line", "twilio", "--port", "0", cwd=tmp_path))
    assert "twilio.secret" in line
    assert "Account SID and the Auth Token, one a line" in line


def test_a_twilio_account_that_is_not_set_up_is_told_with_exit_code_1(tmp_path: Path) -> None:
    office = Path(shutil.copytree(BANK.parent / "twilio", tmp_path / "office"))
    done = holdless("twilio", "check", office, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("- cannot read ")
