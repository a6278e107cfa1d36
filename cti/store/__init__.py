"""The store: what is kept of calls, for the next call, for reports; who is signed in, and their passwords."""

from cti.store.contacts import Contact
from cti.store.errors import StoreError
from cti.store.sign_ins import Session
from cti.store.store import Store, StoreStatus

__all__ = ["Contact", "Session", "Store", "StoreError", "StoreStatus"]
