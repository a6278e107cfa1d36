"""Requests that are none of Twilio's, in the log: to be seen, and not to fill it."""

from __future__ import annotations

import logging

from cti.twilio.webhooks import NotFromTwilio

_log = logging.getLogger(__name__)

LOGGED_A_MINUTE = 10
"""Each of these with the address that was hashed; of more, how many there were."""


class Strangers:
    """Whoever sends them."""

    def __init__(self) -> None:
        self._minute = 0
        self._turned_away = 0

    def turned_away(self, error: NotFromTwilio, at: int) -> None:
        """One request was turned away, at this time (Unix milliseconds)."""
        minute = at // 60_000
        if minute != self._minute:
            if self._turned_away > LOGGED_A_MINUTE:
                _log.warning("%d more requests were turned away", self._turned_away - LOGGED_A_MINUTE)
            self._minute, self._turned_away = minute, 0
        self._turned_away += 1
        if self._turned_away <= LOGGED_A_MINUTE:
            _log.warning("a request was turned away: %s", error)
