"""One engine's hold on the lease: claimed, renewed in the background, released; and the clock before every act."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import replace

from cti.lease.core import (
    Following,
    Leading,
    Lost,
    Row,
    State,
    Terms,
    claimed,
    is_free,
    may_act,
    passed,
    renewed,
)
from cti.lease.row import LeaseRow
from cti.postgres import Away

_log = logging.getLogger(__name__)

_TRY_AGAIN_MS = 100


def own_clock_ms() -> int:
    """This machine's own clock, milliseconds since its start: never set, and it goes on while the machine sleeps."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


class Leadership:
    """See the module. Used on one event loop."""

    def __init__(
        self, row: LeaseRow, *, me: str, name: str, terms: Terms, clock: Callable[[], int] = own_clock_ms
    ) -> None:
        """``me``: unique to this engine, and free to claim for its next process; ``name``: for people."""
        self._row = row
        self._me, self._name, self.terms = me, name, terms
        self._clock = clock
        self._state: State = Following()
        self._renewing: asyncio.Task[None] | None = None
        self.lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        """Done, with the reason in a few words, when this engine has led and must not act any more."""

    @property
    def epoch(self) -> int:
        """The number of our lease; 0: we have not led yet."""
        return 0 if isinstance(self._state, Following) else self._state.epoch

    def may_act(self) -> bool:
        """Whether anything may leave the process at this instant. Looks at the clock each time: a process that was
        frozen wakes up in the middle of anything."""
        return may_act(self._state, self._clock())

    async def try_to_lead(self) -> Row | None:
        """Claims the lease if it is free. None: we lead now, and the lease is renewed from here on; else who leads.

        Raises :class:`~cti.postgres.Away` when the database does not answer.
        """
        assert isinstance(self._state, Following), "who has lost the lease begins anew in a new process"
        row = await self._row.look()
        if is_free(row, self._me):
            asked_at = self._clock()
            epoch = await self._row.claim(self._me, self._name, self.terms.length_ms, row)
            self._state = claimed(epoch, asked_at, self.terms)
            if isinstance(self._state, Leading):
                self._renewing = asyncio.create_task(self._renew(), name="lease")
                return None
            row = await self._row.look()
        return row or Row(holder="", name="nobody", epoch=0, left_ms=0)

    def depose(self, why: str) -> None:
        """The database has refused something because another engine leads."""
        if isinstance(self._state, Leading):
            self._state = Lost(epoch=self._state.epoch, why=why)
        self._tell()

    async def close(self) -> None:
        """Ends our lead, if we have it, so that another engine can take over at once."""
        if self._renewing is not None:
            self._renewing.cancel()
            await asyncio.gather(self._renewing, return_exceptions=True)
        state, self._state = self._state, Following()
        if isinstance(state, Leading):
            try:
                await self._row.release(self._me, state.epoch)
            except Away as error:
                _log.warning("the lease was not released (%s); it runs out by itself", error)
        self._row.close()

    async def _renew(self) -> None:
        trouble = ""
        while isinstance(state := self._state, Leading):
            now = self._clock()
            await asyncio.sleep(max(min(state.renew_at, state.until) - now, 0) / 1000)
            self._state = passed(self._state, asked_at := self._clock())
            if not isinstance(state := self._state, Leading):
                break
            try:
                async with asyncio.timeout((state.until - asked_at) / 1000):
                    granted = await self._row.renew(self._me, state.epoch, self.terms.length_ms)
            except (Away, TimeoutError) as error:
                if str(error) != trouble:
                    _log.warning("the lease was not renewed, trying again: %s", error)
                trouble = str(error)
                if isinstance(self._state, Leading):
                    self._state = replace(state, renew_at=self._clock() + _TRY_AGAIN_MS)
                continue
            if isinstance(self._state, Leading):  # it may have been deposed meanwhile
                self._state = renewed(self._state, granted, asked_at, self.terms)
        self._tell()

    def _tell(self) -> None:
        if isinstance(self._state, Lost) and not self.lost.done():
            self.lost.set_result(self._state.why)
