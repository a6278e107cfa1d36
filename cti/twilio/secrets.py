"""Account SID and Auth Token: they stand in a file of their own, and nowhere else."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from config.site import Twilio
from cti.service.ports import LineError

_ACCOUNT = re.compile(r"AC[0-9a-f]{32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Who we are to Twilio, and by what Twilio proves to us that it is Twilio."""

    account: str
    token: str = field(repr=False)
    shared_key: str = field(default="", repr=False)
    """Empty: requests are signed with the Auth Token."""


def read_credentials(settings: Twilio) -> Credentials:
    """What the site's files hold; LineError says what to write where."""
    lines = _lines(settings.secret_file, "the Account SID and the Auth Token, one a line")
    if len(lines) != 2 or not _ACCOUNT.fullmatch(lines[0]):
        raise LineError(
            f"{settings.secret_file} is to hold two lines: the Account SID (AC and 32 characters) and the Auth Token"
        )
    shared_key = ""
    if settings.shared_key_file is not None:
        (shared_key, *_) = _lines(settings.shared_key_file, "the secret of the shared key, one line")
    return Credentials(account=lines[0], token=lines[1], shared_key=shared_key)


def _lines(path: Path, what: str) -> list[str]:
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except OSError as error:
        raise LineError(f"cannot read {path}: {error.strerror}; write into it {what}") from None
    except UnicodeDecodeError:
        raise LineError(f"{path} is no text; write into it {what}") from None
    if not lines:
        raise LineError(f"{path} is empty; write into it {what}")
    return lines
