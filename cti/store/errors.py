"""What a database says is wrong with it, in one line that says how to mend it."""

from __future__ import annotations

import socket
import ssl

from sqlalchemy.exc import DBAPIError, NoSuchModuleError

from cti.store.trouble import StoreAway, StoreBusy, StoreError

_REMEDIES: tuple[tuple[str, str, type[StoreError]], ...] = (
    ("unable to open database file", "make its folder one that this user may write to", StoreError),
    ("readonly database", "let this user write to the file and to its folder", StoreError),
    ("file is not a database", "it is something else: move it away or name another file", StoreError),
    ("malformed", "it is damaged: restore a backup, or move it away to begin a new one", StoreError),
    ("disk is full", "make room on its disk", StoreAway),
    ("disk i/o error", "check its disk, and that its folder may be written to", StoreAway),
    ("database is locked", "another program holds it: end that program", StoreBusy),
)
"""What SQLite says (https://sqlite.org/rescode.html), what to do about it, and whether it may pass by itself."""

_PASSING_STATES = {"08", "40", "53", "55", "57", "58"}
"""SQL's classes of errors that may pass: of the connection, of a transaction that has to be tried again, of resources
that are used up, of something in use, of a server that starts or stops, of the system below it
(https://www.postgresql.org/docs/current/errcodes-appendix.html)."""


def explain(what: str, error: BaseException) -> StoreError:
    """The error as a person reads it; ``what`` names the database without its password."""
    if isinstance(error, ModuleNotFoundError | NoSuchModuleError):
        return StoreError(f"cannot open {what}: {error}; install the driver, or name it in the address")
    said = why(error)
    for symptom, remedy, kind in _REMEDIES:
        if symptom in said.lower():
            return kind(f"cannot open {what}: {said}; {remedy}")
    kind = _kind_of(error)
    return kind(f"cannot open {what}: {said}; check that it runs, and the address, user and password")


def why(error: BaseException) -> str:
    """The first line of what the database itself said."""
    said = _said_by_driver(error)
    return (str(said) or type(said).__name__).splitlines()[0]


def sql_state(error: BaseException) -> str:
    """SQL's code for the error; empty where there is none."""
    return str(getattr(_said_by_driver(error), "sqlstate", None) or "")


def _said_by_driver(error: BaseException) -> BaseException:
    return error.orig if isinstance(error, DBAPIError) and error.orig is not None else error


def _kind_of(error: BaseException) -> type[StoreError]:
    """Whether a database server that said this, or that cannot be reached, may do better at another time."""
    if isinstance(_said_by_driver(error), TimeoutError):
        return StoreBusy
    return StoreAway if _may_pass(error) else StoreError


def _may_pass(error: BaseException) -> bool:
    said = _said_by_driver(error)
    if isinstance(said, socket.gaierror):
        return said.errno != socket.EAI_NONAME  # a name that nobody has is a wrong address
    if isinstance(said, OSError):
        return not isinstance(said, ssl.SSLError)
    return sql_state(error)[:2] in _PASSING_STATES
