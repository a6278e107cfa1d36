"""``holdless serve`` that kills itself with -9 at a moment it is told; see :mod:`benchmarks.kills.engine`.

A line on standard input, ``after the journal, before any effect;3``, names a moment of
:class:`simulator.torture.plan.Moment`, and how often it is to be reached from then on. The end of standard input is the
end too, so that it can't outlive whoever kills it. All else is the real command, with journal, line and manager link
looked at from outside.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import get_args
from unittest import mock

from centre.effects import Effect, Order
from centre.events import Event
from cti.asterisk.ami import AmiLink, AmiReply, AmiValue
from cti.asterisk.line import AsteriskLine
from cti.journal import Journal
from cti.journal.append_file import AppendFile
from cti.web.settings import WebSettings
from holdless.cli import main as holdless
from simulator.torture.plan import Moment

_ORDERS = get_args(Order)


class Death:
    """When to die."""

    def __init__(self) -> None:
        self._moment: Moment | None = None
        self._left = 0

    def listen(self) -> None:
        """Takes in what standard input says, until its end."""
        for line in sys.stdin:
            moment, _, times = line.strip().partition(";")
            self._left, self._moment = int(times), Moment(moment)
        os._exit(0)

    def reached(self, moment: Moment) -> None:
        """It is this moment: perhaps the last."""
        if self.is_now(moment):
            self.now()

    def is_now(self, moment: Moment) -> bool:
        """Counts; whether this is the last moment."""
        if moment is not self._moment:
            return False
        self._left -= 1
        return self._left <= 0

    @staticmethod
    def now() -> None:
        """kill -9."""
        os.kill(os.getpid(), signal.SIGKILL)


death = Death()


class DyingJournal(Journal):
    """Files, with a look before and after each entry that leads to anything."""

    def append(self, at: int, event: Event, effects: Iterable[Effect], kept: Callable[[], None] = lambda: None) -> None:
        effects = tuple(effects)
        if not any(isinstance(effect, _ORDERS) for effect in effects):
            super().append(at, event, effects, kept)
            return

        def may_leave() -> None:
            death.reached(Moment.AFTER_JOURNAL)
            kept()

        death.reached(Moment.BEFORE_JOURNAL)
        super().append(at, event, effects, may_leave)


class DyingFile(AppendFile):
    """A journal's file, which a crash may leave with half a line."""

    def append(self, payload: bytes) -> None:
        if death.is_now(Moment.IN_JOURNAL):
            os.write(self.fd, payload[: len(payload) // 2])
            death.now()
        super().append(payload)


class DyingLine(AsteriskLine):
    """The line, with a look before each order."""

    def carry_out(self, order: Order) -> None:
        death.reached(Moment.BEFORE_ORDER)
        super().carry_out(order)


class DyingLink(AmiLink):
    """The manager link, with a look after each action that Asterisk has carried out."""

    async def action(
        self,
        name: str,
        headers: Mapping[str, AmiValue] | None = None,
        /,
        *,
        deadline_ms: int | None = None,
        **more: AmiValue,
    ) -> AmiReply:
        reply = await super().action(name, headers, deadline_ms=deadline_ms, **more)
        death.reached(Moment.AFTER_ORDER)
        return reply


def main() -> None:
    """The command line is that of ``holdless``."""
    threading.Thread(target=death.listen, daemon=True).start()
    # There are no browsers here: nobody is set not-ready as no desk is open.
    settings = partial(WebSettings, desk_grace_ms=24 * 3_600_000)
    with (
        mock.patch("holdless.serve.WebSettings", settings),
        mock.patch("holdless.serve.Journal", DyingJournal),
        mock.patch("cti.journal.writer.AppendFile", DyingFile),
        mock.patch("holdless.serve.AsteriskLine", DyingLine),
        mock.patch("cti.asterisk.line.AmiLink", DyingLink),
    ):
        holdless()
