"""Files into a folder: all of them, or none."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory


def put_files(files: Mapping[str, str], folder: Path, *, replaces: str) -> None:
    """Puts the files (path below the folder, to text) there, in their order, none over one that is there.

    Only ``replaces`` may be there already. A folder that is not there yet comes with all its files at once; into one
    that is, each file comes whole, and those that came are taken away again if another cannot. :class:`OSError` with
    the name of what is in the way.
    """
    place = folder if folder.exists() else folder.absolute().parent
    place.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".importing-", dir=place) as made:
        whole = Path(made) / "whole"
        for name, text in files.items():
            (whole / name).parent.mkdir(parents=True, exist_ok=True)
            (whole / name).write_text(text, encoding="utf-8")
        if not folder.exists():
            whole.rename(folder)
            return
        _move(files, whole, folder, replaces)


def _move(files: Mapping[str, str], whole: Path, folder: Path, replaces: str) -> None:
    old = whole.with_name("old")
    came: list[Path] = []
    try:
        for name in files:
            there = folder / name
            there.parent.mkdir(parents=True, exist_ok=True)
            if name == replaces and there.exists():
                shutil.copyfile(there, old)
            elif there.exists():
                raise FileExistsError(errno.EEXIST, "it is there already", str(there))
            (whole / name).replace(there)
            came.append(there)
    except OSError:
        for there in came:
            there.unlink()
        if old.exists():
            old.replace(folder / replaces)
        raise
