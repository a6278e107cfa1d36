"""What `holdless serve` does not start with, where only a real Asterisk can say no."""

from __future__ import annotations

from pathlib import Path

from tests.asterisk.engine import bank_on
from tests.asterisk.kit.asterisk import Asterisk
from tests.cli.test_refusals import holdless, refused


def test_an_asterisk_that_refuses_the_password(asterisk: Asterisk, tmp_path: Path) -> None:
    site = bank_on(asterisk, tmp_path)
    (site / "asterisk.secret").write_text("not-the-password\n", encoding="utf-8")
    line = refused(holdless("serve", site, "--line", "asterisk", "--port", "0", cwd=tmp_path))
    assert "refuses the manager user 'holdless'" in line
    assert "manager.conf" in line
    assert "not-the-password" not in line
    assert "Output" not in asterisk.cli("manager show connected")
