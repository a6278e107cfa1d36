"""The store: what is kept of calls, for the next call, for reports, and the passwords of those who sign in."""

from cti.store.contacts import Contact
from cti.store.errors import StoreError
from cti.store.store import Store, StoreStatus

__all__ = ["Contact", "Store", "StoreError", "StoreStatus"]
