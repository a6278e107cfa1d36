"""The store: what is kept of calls, for the next call, for reports; who is signed in, and their passwords."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cti.later import loaded_later
from cti.store.awaited import AwaitedStore
from cti.store.trouble import StoreError, StoreStatus

if TYPE_CHECKING:
    from cti.store.contacts import Contact
    from cti.store.sign_ins import Session
    from cti.store.store import Store

__all__ = ["AwaitedStore", "Contact", "Session", "Store", "StoreError", "StoreStatus"]

# SQLAlchemy takes a quarter of a start to load, in which callers wait.
__getattr__ = loaded_later(
    __name__, {"Contact": "cti.store.contacts", "Session": "cti.store.sign_ins", "Store": "cti.store.store"}
)
