"""One FastAGI session: commands to one call, one at a time, each answered by its deadline."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping

from cti.asterisk import withheld
from cti.asterisk.agi_protocol import (
    AgiAnswer,
    AgiError,
    AgiGarbled,
    AgiRefused,
    AgiTimeout,
    CallerGone,
    checked_application,
    checked_variable,
    command,
    parse_answer,
)
from cti.service.ports import MayAct, always

ANSWER_LINES_MAX = 100
LINE_BYTES_MAX = 65_536
VALUE_BYTES_MAX = 1023
PLAY_MS_MAX = 600_000
"""Deadline of a prompt or an application: long enough for any, short enough to end a session that hangs."""

_ALIVE = command("CHANNEL STATUS")
_STOPPED = 1_000
"""WAIT FOR DIGIT says so when ControlPlayback stops it (AST_CONTROL_STREAM_STOP, frame.h)."""

log = logging.getLogger(__name__)


class AgiSession:
    """A call in the engine's hands. Every method raises CallerGone once the caller has hung up or Asterisk has closed
    the session, AgiTimeout when Asterisk says nothing in time, and ValueError for text that must not be sent."""

    def __init__(
        self,
        opening: Mapping[str, str],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        deadline_ms: int,
        may_act: MayAct = always,
    ) -> None:
        self.opening = opening
        """The agi_ lines by which Asterisk introduced the call."""
        self._reader, self._writer = reader, writer
        self._deadline_ms = deadline_ms
        self._may_act = may_act
        self._one_at_a_time = asyncio.Lock()
        self._ended = ""

    @property
    def script(self) -> str:
        """The path of the address: "call" for agi://host/call."""
        return self.opening.get("agi_network_script", "")

    @property
    def arguments(self) -> tuple[str, ...]:
        """What the dialplan gave to AGI() after the address."""
        count = sum(name.startswith("agi_arg_") for name in self.opening)
        return tuple(self.opening.get(f"agi_arg_{number}", "") for number in range(1, count + 1))

    @property
    def channel(self) -> str:
        """The channel's name, "PJSIP/trunk-00000001"."""
        return self.opening["agi_channel"]

    @property
    def uniqueid(self) -> str:
        """The channel's Uniqueid, as in AMI events."""
        return self.opening.get("agi_uniqueid", "")

    @property
    def caller_number(self) -> str | None:
        """Who calls; None when the number is not known, or withheld."""
        return self._shown("agi_callerid")

    @property
    def caller_name(self) -> str | None:
        """The name that came with the call, as the caller's side wrote it: a stranger's text."""
        return self._shown("agi_calleridname")

    def _shown(self, header: str) -> str | None:
        is_restricted = withheld.is_restricted(self.opening.get("agi_callingpres", ""))
        return None if is_restricted else withheld.told(self.opening.get(header, "")) or None

    async def answer(self) -> None:
        """Answer the call, if it has not been."""
        await self._do("ANSWER")

    async def hangup(self) -> None:
        """End the call; nothing if it has ended."""
        try:
            await self._do("HANGUP")
        except CallerGone:
            return

    async def stream_file(self, name: str, escape_digits: str = "") -> str | None:
        """Play the prompt *name*, a file in Asterisk's sounds without its ending.

        Returns the key out of *escape_digits* that broke it off, or None. A prompt that Asterisk has not got in any
        format is told in the log; the call goes on without it.
        """
        return (await self.stream_file_from(name, escape_digits, 0))[0]

    async def stream_file_from(self, name: str, escape_digits: str, sample: int) -> tuple[str | None, int]:
        """As `stream_file`, from a place in the file; with the place that it was played to."""
        try:
            answer = await self._do("STREAM FILE", name, escape_digits, str(sample), within_ms=PLAY_MS_MAX)
            return _digit(answer), answer.endpos or 0
        except AgiRefused as error:
            log.warning("prompt %r: %s; is it in Asterisk's sounds directory, in a format it knows?", name, error)
            return None, 0

    async def wait_for_digit(self, timeout_ms: int) -> str | None:
        """The key the caller presses within *timeout_ms*, or None. 0 to an hour."""
        if not 0 <= timeout_ms <= 3_600_000:
            raise ValueError(f"wait_for_digit: {timeout_ms} ms is not between 0 and an hour")
        return _digit(await self._do("WAIT FOR DIGIT", str(timeout_ms), within_ms=timeout_ms + self._deadline_ms))

    async def record_file(
        self, path: str, escape_digits: str, *, longest_ms: int, silence_s: int, beep: bool = True
    ) -> str | None:
        """Sound a tone (*beep*) and record what the caller says into *path*.wav, on Asterisk's machine.

        Ends by a key out of *escape_digits*, after *longest_ms* (more than 0) or after *silence_s* of silence (1 or
        more), of which all but about a second is cut off. Returns the key.
        CallerGone where the caller hung up; what was said is kept. AgiRefused when the file cannot be written.
        """
        if longest_ms <= 0 or silence_s < 1:
            raise ValueError(f"record_file: {longest_ms} ms, {silence_s} s of silence: both are more than 0")
        within_ms = longest_ms + self._deadline_ms
        tone = ["BEEP"] if beep else []
        answer = await self._do(
            "RECORD FILE", path, "wav", escape_digits, str(longest_ms), *tone, f"s={silence_s}", within_ms=within_ms
        )
        return _digit(answer)

    async def get_variable(self, name: str) -> str | None:
        """The channel variable or function *name*; None when it is not set."""
        answer = await self._do("GET VARIABLE", checked_variable(name))
        return answer.value if answer.result == "1" else None

    async def set_variable(self, name: str, value: str) -> None:
        """Set the channel variable *name*, or a function that can be written, CHANNEL(language).

        *value*: at most 1023 bytes, more Asterisk would not give back (GET VARIABLE cuts it off there; measured).
        """
        if len(value.encode(errors="replace")) > VALUE_BYTES_MAX:
            raise ValueError(f"AGI SET VARIABLE {name}: more than {VALUE_BYTES_MAX} bytes; shorten the value")
        await self._do("SET VARIABLE", checked_variable(name), value)

    async def set_music(self, on: bool, music_class: str = "default") -> None:
        """Play music while no prompt is played, or stop it."""
        await self._do("SET MUSIC", "ON" if on else "OFF", music_class)

    async def verbose(self, text: str, level: int = 3) -> None:
        """Write *text* to Asterisk's console, at verbosity *level*, 1 to 4."""
        await self._do("VERBOSE", text, str(level))

    async def exec_app(self, application: str, data: str = "", *, within_ms: int = PLAY_MS_MAX) -> str:
        """Run a dialplan application and return its result.

        *data* is its argument text as in the dialplan: commas part arguments, so never put in a stranger's text.
        AgiRefused when Asterisk has no such application.
        """
        answer = await self._do("EXEC", checked_application(application), data, within_ms=within_ms)
        if answer.result == "-2":
            raise AgiRefused(f"Asterisk has no application {application}: is its module loaded?")
        return answer.result

    async def _do(self, name: str, *arguments: str, within_ms: int | None = None) -> AgiAnswer:
        data = command(name, *arguments)
        deadline_ms = within_ms if within_ms is not None else self._deadline_ms
        async with self._one_at_a_time:
            if not self._ended and not self._may_act():
                self._end("another engine may lead by now")
            if self._ended:
                raise CallerGone(self._ended)
            try:
                async with asyncio.timeout(deadline_ms / 1000):
                    answer = await self._exchange(data)
            except TimeoutError:
                self._end(f"{name} was not answered within {deadline_ms} ms")
                raise AgiTimeout(self._ended) from None
            except (OSError, asyncio.IncompleteReadError):
                self._end("Asterisk closed the session")
                raise CallerGone(self._ended) from None
            except AgiError as error:
                self._end(str(error))
                raise
            except asyncio.CancelledError:
                # The answer that is still to come would be taken for the next command's.
                self._end(f"{name} was broken off")
                raise
            if answer.code == 511:  # not permitted on a dead channel
                self._end(f"the caller hung up before {name}")
                raise CallerGone(self._ended)
        if answer.code != 200:
            raise AgiRefused(f"Asterisk refuses {name} with {answer.code}")
        if answer.result == "-1":
            raise AgiRefused(f"Asterisk could not carry out {name}")
        return answer

    async def _exchange(self, data: bytes) -> AgiAnswer:
        self._writer.write(data)
        await self._writer.drain()
        for _ in range(ANSWER_LINES_MAX):
            answer = await self._read_answer()
            if answer.code == 100:  # "100 Trying": the answer is still to come
                continue
            if answer.result == "-1" and data != _ALIVE:
                # The caller is gone, or the command failed (a prompt that is not there). Asterisk tells of a hangup
                # before it answers another command, so ask one.
                await self._exchange(_ALIVE)
            return answer
        raise AgiGarbled(f"more than {ANSWER_LINES_MAX} provisional answers")

    async def _read_answer(self) -> AgiAnswer:
        line = await self._read_line()
        if line == "HANGUP":
            raise CallerGone("the caller hung up")
        if line.startswith("520-"):  # the usage text goes on to a line that begins "520 "
            await self._read_until(line, lambda last: last.startswith("520 "))
            return AgiAnswer(520, "", None, None)
        if line.startswith("200 result=1 (") and not line.endswith(")"):  # a value of several lines
            line = await self._read_until(line, lambda last: last.endswith(")"))
        return parse_answer(line)

    async def _read_until(self, text: str, is_last: Callable[[str], bool]) -> str:
        for _ in range(ANSWER_LINES_MAX):
            line = await self._read_line()
            text += "\n" + line
            if is_last(line):
                return text
        raise AgiGarbled(f"an answer of more than {ANSWER_LINES_MAX} lines")

    async def _read_line(self) -> str:
        try:
            data = await self._reader.readuntil(b"\n")
        except asyncio.LimitOverrunError:
            raise AgiGarbled("an answer without end") from None
        return data.decode(errors="replace").removesuffix("\n")

    def _end(self, why: str) -> None:
        self._ended = why
        self._writer.close()


def _digit(answer: AgiAnswer) -> str | None:
    """The result of a command that waits for a key: its ASCII code, 0 for none, more where it was stopped."""
    code = int(answer.result) if answer.result.isdecimal() else 0
    return chr(code) if 0 < code < _STOPPED else None
