"""What can go wrong with a database, in one line that says how to mend it."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError, NoSuchModuleError


class StoreError(Exception):
    """The database cannot be used; the text says which, why and what to do."""


_REMEDIES = (
    ("unable to open database file", "make its folder one that this user may write to"),
    ("readonly database", "let this user write to the file and to its folder"),
    ("file is not a database", "it is something else: move it away or name another file"),
    ("malformed", "it is damaged: restore a backup, or move it away to begin a new one"),
    ("disk is full", "make room on its disk"),
    ("disk i/o error", "check its disk, and that its folder may be written to"),
    ("database is locked", "another program holds it: end that program and start again"),
)
"""What SQLite says (https://sqlite.org/rescode.html), and what to do about it."""


def explain(what: str, error: BaseException) -> StoreError:
    """The error as a person reads it; ``what`` names the database without its password."""
    if isinstance(error, ModuleNotFoundError | NoSuchModuleError):
        return StoreError(f"cannot open {what}: {error}; install the driver, or name it in the address")
    said = why(error)
    for symptom, remedy in _REMEDIES:
        if symptom in said.lower():
            return StoreError(f"cannot open {what}: {said}; {remedy}")
    return StoreError(f"cannot open {what}: {said}; check that it runs, and the address, user and password")


def why(error: BaseException) -> str:
    """The first line of what the database itself said."""
    said = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    return (str(said) or type(said).__name__).splitlines()[0]
