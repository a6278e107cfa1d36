"""Customer records from a CSV file, read again whenever the file changes."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Mapping
from pathlib import Path

from cti.crm.csv_table import RecordsError, load
from cti.crm.numbers import normalise

_log = logging.getLogger(__name__)

FRESH_S = 0.3
"""How long a lookup waits for a changed file to be read, before it answers from the former one."""

_Stamp = tuple[int, int, int] | None


class CsvRecords:
    """Customers by number (a :class:`cti.service.ports.CustomerRecords`)."""

    def __init__(self, path: Path, region: str | None = None) -> None:
        """Reads the table at ``path``; numbers without a country code are ``region``'s (“UA”). Raises
        :class:`RecordsError` with one line that says what is wrong with it."""
        self._path = path
        self._region = region
        self._stamp = _stamp(path)
        self._customers = load(path, region)
        self._reading: asyncio.Task[None] | None = None

    async def find(self, number: str) -> Mapping[str, str] | None:
        """What the table says of the customer with this number; None: nobody has it."""
        if self._reading is None or self._reading.done():
            self._reading = asyncio.get_running_loop().create_task(self._read_if_changed())
        await asyncio.wait({self._reading}, timeout=FRESH_S)
        return self._customers.get(normalise(number, self._region))

    async def _read_if_changed(self) -> None:
        """Takes over what is new. A table that cannot be read leaves the former one in use."""
        stamp = await asyncio.to_thread(_stamp, self._path)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._customers = await asyncio.to_thread(load, self._path, self._region)
        except RecordsError:
            _log.exception("the customers stay as they were before the file changed")
        else:
            _log.info("%s: %d customers", self._path, len(self._customers))


def _stamp(path: Path) -> _Stamp:
    """Changes whenever the file does; None for a missing one."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
