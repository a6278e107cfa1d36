"""The manager interface (AMI) of the model exchange: bytes in and out, as Asterisk 22 writes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from simulator.torture.network import End, Network

PORT = 5038
SECRET = "torture"  # noqa: S105 - of a model
GREETING = b"Asterisk Call Manager/11.0.0\r\n"

Headers = Sequence[tuple[str, str]]


class Action:
    """An action as it was received."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._headers: dict[str, list[str]] = {}
        for line in lines:
            name, _, value = line.partition(":")
            self._headers.setdefault(name.strip().lower(), []).append(value.strip())

    def __getitem__(self, name: str) -> str:
        return self._headers.get(name.lower(), [""])[0]

    def all(self, name: str) -> list[str]:
        """Every value of a header that may be repeated."""
        return self._headers.get(name.lower(), [])


class Refused(Exception):
    """The exchange answers an action with an error, in these words."""


Handler = Callable[[Action], "Answer"]


class Answer:
    """What an action is answered by: headers, and the entries of a list with the name of the event that ends it."""

    def __init__(
        self, headers: Mapping[str, str] | None = None, *, items: Sequence[Headers] = (), end: str = ""
    ) -> None:
        self.headers = headers or {}
        self.items = items
        self.end = end


def message(headers: Headers) -> bytes:
    """One message on the wire."""
    return ("".join(f"{name}: {value}\r\n" for name, value in headers) + "\r\n").encode()


class Manager:
    """Listens for engines, and tells those that are logged in what happens."""

    def __init__(self, network: Network) -> None:
        self.handlers: Mapping[str, Handler] = {}
        """What carries out which action."""
        self._sessions: list[_Session] = []
        self.accepts_password = True
        self.mute = False
        """Greets, and then says nothing more."""
        self.cut_list = False
        """The next list is cut short, with its connection."""
        network.listen(PORT, self._accept)

    def event(self, headers: Headers) -> None:
        """Tells everybody who is logged in."""
        if self._sessions:
            data = message(headers)
            for session in self._sessions:
                if session.logged_in:
                    session.end.send(data)

    def stop(self) -> None:
        """The exchange goes down: every connection is closed."""
        for session in self._sessions:
            session.end.close()
        self._sessions.clear()

    def _accept(self, end: End) -> None:
        session = _Session(self, end)
        self._sessions.append(session)
        end.send(GREETING)

    def over(self, session: _Session) -> None:
        """A connection has ended."""
        if session in self._sessions:
            self._sessions.remove(session)

    def answer(self, session: _Session, action: Action) -> None:
        """Carries an action out."""
        if self.mute:
            return
        name, action_id = action["Action"], ("ActionID", action["ActionID"])
        if name == "Login":
            session.logged_in = self.accepts_password and action["Secret"] == SECRET
            if not session.logged_in:
                session.end.send(message([("Response", "Error"), action_id, ("Message", "Authentication failed")]))
                session.end.close()
                self.over(session)
                return
            session.end.send(message([("Response", "Success"), action_id, ("Message", "Authentication accepted")]))
            session.end.send(message([("Event", "FullyBooted"), ("Status", "Fully Booted")]))
            return
        try:
            answer = self.handlers[name](action) if session.logged_in else None
        except Refused as error:
            session.end.send(message([("Response", "Error"), action_id, ("Message", str(error))]))
            return
        if answer is None:
            session.end.send(message([("Response", "Error"), action_id, ("Message", "Permission denied")]))
            return
        listed = [("EventList", "start")] if answer.end else []
        session.end.send(message([("Response", "Success"), action_id, *answer.headers.items(), *listed]))
        if answer.end and self.cut_list:
            self.cut_list = False
            for item in answer.items[: len(answer.items) // 2]:
                session.end.send(message([item[0], action_id, *item[1:]]))
            session.end.close()
            self.over(session)
            return
        for item in answer.items:
            session.end.send(message([item[0], action_id, *item[1:]]))
        if answer.end:
            count = ("ListItems", str(len(answer.items)))
            session.end.send(message([("Event", answer.end), action_id, ("EventList", "Complete"), count]))


class _Session:
    """One engine's connection."""

    def __init__(self, manager: Manager, end: End) -> None:
        self.end = end
        self.logged_in = False
        self._manager = manager
        self._buffer = b""
        end.attach(self._received, lambda _: manager.over(self))

    def _received(self, data: bytes) -> None:
        self._buffer += data
        while b"\r\n\r\n" in self._buffer:
            text, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
            self._manager.answer(self, Action(text.decode().split("\r\n")))
