"""Limits on tries that let nobody try any more: said in the log when it comes to that, and when it is over."""

from __future__ import annotations

import logging
from collections.abc import Mapping

_log = logging.getLogger(__name__)


class FullLimits:
    """Those whose memory is full (:mod:`centre.tries`)."""

    def __init__(self) -> None:
        self._full: tuple[str, ...] = ()

    def note(self, full: tuple[str, ...]) -> None:
        """How it stands after an event."""
        if full == self._full:
            return
        before, self._full = self._full, full
        for counter in set(full).difference(before):
            _log.error(
                "the limit %s lets nobody try: as many tries as it can count are in hand; is somebody trying numbers?",
                counter,
            )
        for counter in set(before).difference(full):
            _log.warning("the limit %s counts again", counter)


def limits_in_words(full: tuple[str, ...]) -> Mapping[str, str]:
    """How the limits do, for whoever watches."""
    return {"state": f"full: {', '.join(full)}" if full else "up"}
