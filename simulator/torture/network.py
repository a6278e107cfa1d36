"""A virtual network: connections that deliver bytes late, in pieces, or no more; never out of order, as TCP does not.

A connection that breaks loses a suffix of what was under way, in each direction by itself. One that goes silent loses
everything from then on and tells nobody.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from simulator.torture.world import World

Accept = Callable[["End"], None]

USUAL_US = (80, 400)
"""How long a piece takes on a good day, from and to."""


class End:
    """One end of a connection."""

    def __init__(self, connection: Connection, number: int) -> None:
        self.connection = connection
        self.is_open = True
        """Whether this end may still send, and wants to hear."""
        self._number = number
        self._receive: Callable[[bytes], None] | None = None
        self._lost: Callable[[str], None] | None = None
        self._early: list[bytes] = []
        self._early_end: str | None = None

    def attach(self, receive: Callable[[bytes], None], lost: Callable[[str], None]) -> None:
        """From now on *receive* is called with each piece that arrives or has arrived, and *lost* once, with the reason
        (empty: the other end has closed), when nothing more will."""
        self._receive, self._lost = receive, lost
        for data in self._early:
            receive(data)
        if self._early_end is not None:
            lost(self._early_end)

    def arrived(self, data: bytes) -> None:
        """A piece is here."""
        if self._receive is None:
            self._early.append(data)
        else:
            self._receive(data)

    def ended(self, why: str) -> None:
        """Nothing more will arrive."""
        if self._lost is None:
            self._early_end = why
        else:
            self._lost(why)

    def send(self, data: bytes) -> None:
        """Sends; into the void, where the connection is gone."""
        if self.is_open and data:
            self.connection.carry(self._number, data)

    def close(self) -> None:
        """No more is sent; what was sent arrives, then the other end hears of it."""
        if self.is_open:
            self.is_open = False
            self.connection.carry(self._number, b"")

    def abort(self) -> None:
        """The same at once: what is still under way to the other end is lost."""
        if self.is_open:
            self.is_open = False
            self.connection.cut(self._number)


class Connection:
    """Both directions of one connection."""

    def __init__(self, network: Network, port: int) -> None:
        self.port = port
        self.ends = (End(self, 0), End(self, 1))
        self.silent = False
        self._network = network
        self._under_way: tuple[deque[bytes], deque[bytes]] = (deque(), deque())
        self._last_us = [0, 0]
        self._gone = [False, False]
        """By sender: nothing more of it arrives."""

    def open_at(self, when_us: int) -> int:
        """The end that connects knows of it then, and nothing arrives before; returns that time."""
        self._last_us = [when_us, when_us]
        return when_us

    def carry(self, sender: int, data: bytes) -> None:
        """Something is on its way from an end; nothing at all: its last word."""
        if self.silent or self._gone[sender]:
            return
        network = self._network
        split = network.random.randrange(1, len(data)) if len(data) > 1 and network.random.random() < 0.1 else 0
        for piece in (data[:split], data[split:]) if split else (data,):
            self._under_way[sender].append(piece)
            arrival_us = max(self._last_us[sender], network.world.now_us + network.delay_us())
            self._last_us[sender] = arrival_us
            network.world.at(arrival_us, lambda: self._arrive(sender))

    def cut(self, sender: int) -> None:
        """The end is gone from one instant to the next: the other end is told, and hears nothing else."""
        if not self._gone[sender]:
            self._under_way[sender].clear()
            self._gone[sender] = True
            self._tell_lost(1 - sender, "reset by peer")

    def reset(self) -> None:
        """The network breaks it: in each direction what is under way is lost from some piece on."""
        for sender in (0, 1):
            if self._gone[sender]:
                continue
            pieces = self._under_way[sender]
            for _ in range(self._network.random.randint(0, len(pieces))):
                pieces.pop()
            self._gone[sender] = True
            wait_us = max(0, self._last_us[sender] - self._network.world.now_us) + self._network.delay_us()
            self._network.world.after(wait_us, lambda at=1 - sender: self._tell_lost(at, "reset"))  # type: ignore[misc]

    def _tell_lost(self, at: int, why: str) -> None:
        end = self.ends[at]
        if not self.silent and end.is_open:
            end.is_open = False
            self._gone[at] = True
            self._network.forget(self)
            end.ended(why)

    def _arrive(self, sender: int) -> None:
        pieces = self._under_way[sender]
        if self.silent or not pieces:
            return
        piece, receiver = pieces.popleft(), self.ends[1 - sender]
        if piece and receiver.is_open:
            receiver.arrived(piece)
        elif not piece:
            self._gone[sender] = True
            self._network.forget(self)
            if receiver.is_open:
                receiver.ended("")


class Network:
    """Who listens where, and what befalls connections."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.random = world.stream("network")
        self.connections: list[Connection] = []
        """Those that are open."""
        self.slow_until_us = 0
        """Until then a piece takes up to :attr:`slow_us`."""
        self.slow_us = 0
        self.refusing: set[int] = set()
        """Ports at which nobody answers for now."""
        self._listeners: dict[int, Accept] = {}

    def delay_us(self) -> int:
        """How long the next piece takes."""
        if self.world.now_us < self.slow_until_us:
            return self.random.randrange(self.slow_us)
        return self.random.randint(*USUAL_US)

    def listen(self, port: int, accept: Accept) -> None:
        """From now on *accept* is given the far end of each new connection to that port."""
        self._listeners[port] = accept

    def stop_listening(self, port: int, accept: Accept) -> None:
        """Nobody answers at that port any more, unless somebody else has taken it meanwhile."""
        if self._listeners.get(port) is accept:
            del self._listeners[port]

    def connect(self, port: int, connected: Callable[[End | None], None]) -> None:
        """Connects to a port; *connected* gets the near end, None where nobody answers."""
        self.world.after(self.delay_us(), lambda: self._reached(port, connected))

    def of(self, port: int) -> list[Connection]:
        """The open connections to a port."""
        return [one for one in self.connections if one.port == port]

    def forget(self, connection: Connection) -> None:
        """It is over."""
        if connection in self.connections:
            self.connections.remove(connection)

    def _reached(self, port: int, connected: Callable[[End | None], None]) -> None:
        accept = self._listeners.get(port)
        if accept is None or port in self.refusing:
            self.world.after(self.delay_us(), lambda: connected(None))
            return
        connection = Connection(self, port)
        self.connections.append(connection)
        near, far = connection.ends
        open_us = connection.open_at(self.world.now_us + self.delay_us())
        accept(far)
        self.world.at(open_us, lambda: connected(near))
