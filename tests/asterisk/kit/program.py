"""Where the programs are that the kit starts, and what to do when one is missing."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
DIALPLAN = REPOSITORY / "dialplans" / "asterisk"


class KitError(Exception):
    """Something the test stands on is missing or did not start; the text says what to do."""


@dataclass(frozen=True, slots=True)
class AsteriskProgram:
    """An Asterisk that can be started: its command, and where its modules, sounds and documentation are."""

    command: Path
    modules: Path
    data: Path


def find_asterisk() -> AsteriskProgram:
    """The Asterisk 22 on PATH, or else the one that tools/asterisk.sh unpacked. KitError when there is none."""
    on_path = shutil.which("asterisk")
    if on_path is not None and _version(on_path).startswith("Asterisk 22."):
        return _program(Path(on_path), Path("/"))
    unpacked = REPOSITORY / ".asterisk"
    if (unpacked / "root" / ".complete").exists():
        return _program(unpacked / "bin" / "asterisk", unpacked / "root")
    raise KitError("Asterisk 22 is not here. Run: make asterisk")


def find_sipp() -> str:
    """SIPp's command. KitError when it is missing."""
    command = shutil.which("sipp")
    if command is None:
        raise KitError("SIPp is not here. Install Debian's package sip-tester, or run: tools/test-packages.sh")
    return command


def _version(command: str) -> str:
    return subprocess.run([command, "-V"], capture_output=True, text=True, check=False, timeout=10).stdout


def _program(command: Path, root: Path) -> AsteriskProgram:
    modules = next((found.parent for found in sorted(root.glob("usr/lib*/**/asterisk/modules/res_agi.so"))), None)
    data = next(
        (root / at for at in ("usr/share/asterisk", "var/lib/asterisk") if (root / at / "sounds").is_dir()), None
    )
    if modules is None or data is None:
        raise KitError(f"{command} is an Asterisk whose modules or sounds are not in the usual places under {root}")
    return AsteriskProgram(command=command, modules=modules, data=data)
