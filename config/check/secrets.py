"""Who may read the files that hold passwords and tokens."""

from __future__ import annotations

import stat
from pathlib import Path

from config.documents import Document
from config.schema.site import SiteModel
from config.yaml_tree import Path as TreePath


def check_secrets(document: Document, site: SiteModel, folder: Path) -> None:
    """Finds those that everybody on the machine may read. Not a fault: in a container nobody else is on the machine.

    A file that is not there is the line's business: nobody needs a password to check or to simulate a site.
    """
    named: dict[TreePath, str | None] = {}
    if site.asterisk is not None:
        named["asterisk", "ami", "secret_file"] = site.asterisk.ami.secret_file
    if site.twilio is not None:
        named["twilio", "secret_file"] = site.twilio.secret_file
        named["twilio", "shared_key_file"] = site.twilio.shared_key_file
    for name, service in site.web_services.items():
        named["web_services", name, "authorization"] = service.authorization
    for path, file in named.items():
        if file is not None and _everybody_reads(folder / file):
            message = f"everybody on this machine may read {file}, and it holds a secret; chmod o= {folder / file}"
            document.fault(path, message)


def _everybody_reads(file: Path) -> bool:
    try:
        return bool(file.stat().st_mode & stat.S_IROTH)
    except OSError:
        return False
