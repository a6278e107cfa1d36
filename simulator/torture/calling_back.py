"""Calling customers back on the model exchange: the customers' telephones, and the context “holdless-back”."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Protocol

from simulator.torture.channels import BUSY, NO_ANSWER, NORMAL, UNREACHABLE, Channel

if TYPE_CHECKING:
    from simulator.torture.exchange import Exchange

_TRUNK = re.compile(r"PJSIP/(\+\d+)@carrier")
"""asterisk.trunk of the site."""
_AGENT_WAITS_US = 10_000_000


class Customers(Protocol):
    """What customers do when they are called back."""

    def called(self, leg: Channel) -> tuple[str, int]:
        """“answer”, “busy”, “ignore” or “gone” (there is no such number), and after how many microseconds."""

    def answered(self, leg: Channel) -> None:
        """The customer is on the line."""


def customer_of(endpoint: str) -> str | None:
    """The number that is dialled by this endpoint; None: it is none of the carrier's."""
    found = _TRUNK.fullmatch(endpoint)
    return None if found is None else found[1]


class CallingBack:
    """The legs of customers, and of agents who wait for them."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self.customers: Customers | None = None
        self.on_dialled: Callable[[Channel], None] = lambda _leg: None
        """Told of each leg that is about to ring a customer, before it does."""

    def dial(
        self,
        leg: Channel,
        within_us: int,
        *,
        rings: Callable[[], None],
        answered: Callable[[], None],
        failed: Callable[[str, int], None],
    ) -> None:
        """Rings the customer, and tells what becomes of it."""
        leg.is_caller = True
        leg.variables.setdefault("keys", "")
        self.on_dialled(leg)
        assert self.customers is not None
        does, after_us = self.customers.called(leg)
        then = self._exchange.then
        if does == "gone":
            then(leg, partial(failed, "CHANUNAVAIL", UNREACHABLE), self._exchange.chance.randint(3_000, 30_000))
            return
        then(leg, rings, self._exchange.chance.randint(3_000, 60_000))
        if does == "answer" and after_us < within_us:
            then(leg, partial(self._answered, leg, answered), after_us)
        elif does == "busy" and after_us < within_us:
            then(leg, partial(failed, "BUSY", BUSY), after_us)
        else:
            then(leg, partial(failed, "NOANSWER", NO_ANSWER), within_us)

    def _answered(self, leg: Channel, answered: Callable[[], None]) -> None:
        leg.state = "Up"
        assert self.customers is not None
        self.customers.answered(leg)
        answered()

    def enter(self, channel: Channel) -> None:
        """Begins in the context “holdless-back”."""
        match channel.extension:
            case "agent":
                offer = channel.variables.get("CC_OFFER", "")
                self._exchange.user_event(channel, "CcBackHere", Offer=offer)
                self._exchange.then(channel, partial(self._done, channel), _AGENT_WAITS_US)
            case "customer":
                channel.variables["CC_REASON"] = "back"
                self._exchange.goto(channel, "holdless-wait")
            case _:
                self._dial_from(channel)

    def _dial_from(self, channel: Channel) -> None:
        seconds, endpoint = channel.extension.split("~")
        leg = self._exchange.channel(endpoint, number=customer_of(endpoint) or "")
        entry_us = self._exchange.world.now_ms() * 1000
        leg.variables |= {"CC_ID": channel.variables["CC_CALL"], "CC_ENTRY": str(entry_us), "CC_DATA": ""}
        leg.variables["CC_OFFER"] = channel.variables.get("CC_OFFER", "")
        channel.rings = leg
        self._exchange.event(channel, "DialBegin", leg)

        def answered() -> None:
            channel.rings = None
            self._exchange.event(channel, "DialEnd", leg, DialStatus="ANSWER")
            self._exchange.join(channel, leg)

        def failed(status: str, cause: int) -> None:
            channel.rings = None
            self._exchange.event(channel, "DialEnd", leg, DialStatus=status)
            self._exchange.take_down(leg, cause, "exchange")
            offer = channel.variables.get("CC_OFFER", "")
            self._exchange.user_event(channel, "CcBackDone", Offer=offer, Status=status, Cause=str(cause))
            self._done(channel)

        self.dial(
            leg,
            int(seconds) * 1_000_000,
            rings=lambda: self._exchange.event(channel, "DialState", leg, DialStatus="RINGING"),
            answered=answered,
            failed=failed,
        )

    def _done(self, channel: Channel) -> None:
        self._exchange.take_down(channel, NORMAL, "exchange")
