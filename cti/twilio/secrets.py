"""Account SID and Auth Token."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from config.site import Twilio
from cti.secret_files import secret_lines
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
    lines = secret_lines(settings.secret_file, "the Account SID and the Auth Token, one a line")
    if len(lines) != 2 or not _ACCOUNT.fullmatch(lines[0]):
        raise LineError(
            f"{settings.secret_file} is to hold two lines: the Account SID (AC and 32 characters) and the Auth Token"
        )
    shared_key = ""
    if settings.shared_key_file is not None:
        (shared_key, *_) = secret_lines(settings.shared_key_file, "the secret of the shared key, one line")
    return Credentials(account=lines[0], token=lines[1], shared_key=shared_key)
