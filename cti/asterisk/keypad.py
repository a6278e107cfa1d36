"""The keys of a caller in a menu: each once, and in the order in which they were pressed.

Asterisk tells of a key twice. The manager interface tells of each that it reads from a channel (event DTMFEnd). A
FastAGI command tells of the one that ended it; what comes between two commands, while the engine thinks, FastAGI reads
and throws away (res_agi.c: “Idle the channel until we get a command”). Measured with Asterisk 22.10, keys 160 ms apart
and 300 ms between the commands: half of them were lost so, and of the events none.

So events are what counts, and the result of a command only says which event is due. Where that does not come, as the
link is down or the account may not read of keys, the command's word is taken for it; and the event, if it comes late,
is known for the same key.

A key that was pressed before the command which it should end (a prompt, a wait for keys) does not end it. Then the
command has to be stopped, for which the owner is asked. Such a stop may come when the command is over already, and hit
the next: who has asked for one throws it away before going on (see ``end``).
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from ivr.collect import KEYPAD, TYPED_AHEAD_MOST

TOLD_WITHIN_S = 1.0
"""How long the event of a key may come after the end of the command: measured, 42 ms at most."""
STOPPED_AFTER_S = 0.05
"""How long the end of a command may come after the event of the key that ends it."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Hearing:
    """Whether the exchange's events tell of keys, for all calls of it."""

    tells: bool = True

    def misses(self) -> None:
        """A key came without its event."""
        if self.tells:
            _log.warning(
                "a key came without its event, so keys between two prompts may be lost; if this stays so, give the "
                "manager account “dtmf” in read and the event DTMFEnd: see dialplans/asterisk/manager.conf"
            )
        self.tells = False


class Keypad:
    """See the module. For each FastAGI command that a key ends: ``begin``, the command, ``end``."""

    def __init__(self, hearing: Hearing | None = None) -> None:
        self.count = 0
        """How many keys were pressed so far."""
        self.pressed = ""
        """Those that nobody has taken yet: typed ahead, and maybe secret."""
        self._hearing = Hearing() if hearing is None else hearing
        self._unmatched: str = ""
        """What events told of and no command yet: lost between two, or still to come (keys in quick succession Asterisk
        keeps back for a moment, and so maybe for the next command)."""
        self._owed: deque[str] = deque(maxlen=TYPED_AHEAD_MOST)
        """Keys that a command told of, and no event yet."""
        self._news = asyncio.Event()
        self._stop: Callable[[], Awaitable[None]] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._stopping: asyncio.Future[None] | None = None

    def told(self, key: str) -> None:
        """An event tells of a key."""
        if key not in KEYPAD:
            return
        self._hearing.tells = True
        if self._owed and self._owed[0] == key:
            self._owed.popleft()
            return
        self._unmatched = (self._unmatched + key)[-TYPED_AHEAD_MOST:]
        self._press(key)
        if self._stop is not None and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(STOPPED_AFTER_S, self._send_stop, self._stop)

    def begin(self, stop: Callable[[], Awaitable[None]] | None = None) -> None:
        """A command begins. *stop* ends it early; it is called if a key is told of that does not."""
        self._stop, self._stopping = stop, None

    async def end(self, key: str | None) -> bool:
        """The command is over, by this key or none. Returns whether it was told to stop: the channel may have that word
        before it still."""
        self._stop = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        stopping, self._stopping = self._stopping, None
        if stopping is not None:
            await stopping
        if key is not None:
            await self._expect(key)
        return stopping is not None

    def clear(self) -> None:
        """Nobody wants what was pressed so far."""
        self.pressed = ""

    def drop_through(self, key: str | None) -> None:
        """What was pressed up to this key, which ended something, has had its effect; None: all of it."""
        self.pressed = "" if key is None else self.pressed.partition(key)[2]

    def forget(self) -> None:
        """The link was lost, or is there again: events and commands from before it belong to nothing any more."""
        self._owed.clear()
        self._unmatched = ""

    def _press(self, key: str) -> None:
        self.count += 1
        self.pressed = (self.pressed + key)[:TYPED_AHEAD_MOST]
        self._news.set()

    async def _expect(self, key: str) -> None:
        try:
            async with asyncio.timeout(TOLD_WITHIN_S if self._hearing.tells else 0):
                while key not in self._unmatched:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            self._hearing.misses()
            self._owed.append(key)
            self._press(key)
        else:
            self._unmatched = self._unmatched.partition(key)[2]

    def _send_stop(self, stop: Callable[[], Awaitable[None]]) -> None:
        self._timer = None
        self._stopping = asyncio.ensure_future(stop())
