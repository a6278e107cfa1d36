"""A caller in the engine's hands: the FastAGI side of the model exchange."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping

from simulator.torture.network import End, Network

PORT = 4573

_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)')
_PLAY_MS = (200, 1_500)
_THINK_MS = (300, 2_500)


class MenuSession:
    """One AGI() of the dialplan: opens a connection, does what it is told, and ends when that closes."""

    def __init__(
        self,
        network: Network,
        opening: Mapping[str, str],
        chance: random.Random,
        keys: str,
        pressed: Callable[[str], None],
        set_variable: Callable[[str, str], None],
        ended: Callable[[bool], None],
    ) -> None:
        """*keys*: what the caller will press, question by question; *pressed* is told of each. *ended*: the dialplan
        goes on, with whether an engine was there at all."""
        self._network = network
        self._opening = opening
        self._chance = chance
        self._keys = list(keys)
        self._pressed = pressed
        self._set_variable = set_variable
        self._ended = ended
        self._end: End | None = None
        self._buffer = b""
        self._over = False
        self._commands = 0
        """So many were answered."""
        self._stopped = ""
        """What a command that may be stopped says then."""
        network.connect(PORT, self._connected)

    def leave(self, *, hung_up: bool) -> None:
        """The channel was hung up or moved: the session ends, and the dialplan does not go on here."""
        self._over = True
        if self._end is not None:
            if hung_up:
                self._end.send(b"HANGUP\n")
            self._end.close()

    def stop(self) -> None:
        """A prompt, or a wait for a key, ends at once; nothing where there is none."""
        if self._stopped:
            self._answer(self._stopped)

    def _connected(self, end: End | None) -> None:
        if self._over:
            if end is not None:
                end.close()
            return
        if end is None:
            self._finish(reached=False)
            return
        self._end = end
        end.attach(self._received, lambda _: self._finish(reached=True))
        end.send("".join(f"{name}: {value}\n" for name, value in self._opening.items()).encode() + b"\n")

    def _finish(self, *, reached: bool) -> None:
        if not self._over:
            self._over = True
            if self._end is not None:
                self._end.close()
            self._ended(reached)

    def _received(self, data: bytes) -> None:
        self._buffer += data
        while b"\n" in self._buffer and not self._over:
            line, _, self._buffer = self._buffer.partition(b"\n")
            words = [quoted or plain for quoted, plain in _WORD.findall(line.decode())]
            self._do(words)

    def _do(self, words: list[str]) -> None:
        match words[:2]:
            case ["SET", "VARIABLE"]:
                self._set_variable(words[2], re.sub(r"\\(.)", r"\1", words[3]) if len(words) > 3 else "")
                self._answer("200 result=1")
            case ["STREAM", "FILE"]:
                self._stopped = "200 result=0 endpos=4000"
                self._later(self._chance.randint(*_PLAY_MS), "200 result=0 endpos=8000")
            case ["WAIT", "FOR"]:
                self._stopped = "200 result=1000"
                self._wait_for_key(int(words[3]))
            case ["RECORD", "FILE"]:
                self._later(self._chance.randint(1_000, 8_000), "200 result=0 (timeout) endpos=8000")
            case ["CHANNEL", "STATUS"]:
                self._answer("200 result=6")
            case _:
                self._answer("510 Invalid or unknown command")

    def _wait_for_key(self, within_ms: int) -> None:
        think_ms = self._chance.randint(*_THINK_MS)
        if within_ms <= think_ms or not self._keys:
            self._later(within_ms, "200 result=0")
        else:
            self._later(think_ms, f"200 result={ord(self._keys[0])}", self._keys.pop(0))

    def _later(self, delay_ms: int, answer: str, key: str = "") -> None:
        command = self._commands

        def now() -> None:
            if command == self._commands and not self._over:
                if key:
                    self._pressed(key)
                self._answer(answer)

        self._network.world.after(delay_ms * 1000, now)

    def _answer(self, text: str) -> None:
        self._commands += 1
        self._stopped = ""
        if not self._over and self._end is not None:
            self._end.send(text.encode() + b"\n")
