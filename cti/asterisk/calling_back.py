"""Has the exchange dial agents and customers for calls back: the orders, as manager actions."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from centre import events
from centre.effects import DialCustomer, Ring, StopDialling, StopRinging
from centre.events import DialFailure
from config.site import Site
from cti.asterisk import dialplan
from cti.asterisk.ami import AmiLost, AmiRefused, AmiReply, AmiTimeout, AmiValue
from cti.asterisk.callbacks import Callbacks, Leg

_log = logging.getLogger(__name__)

_OVERTAKEN_S = 0.2
"""By how much an OriginateResponse may come before the other events of its leg."""

Act = Callable[[str, dict[str, AmiValue]], Awaitable[AmiReply]]
"""Sends one manager action and waits for the answer; raises AmiError."""


class CallingBack:
    """The legs that the exchange is to dial. An Originate is sent once: whether one that met a broken link was carried
    out is seen when the link is back, and until then the centre's own limit of time holds."""

    def __init__(
        self,
        site: Site,
        callbacks: Callbacks,
        act: Act,
        tell: Callable[[events.Event], None],
        until_free: Callable[[str], Awaitable[bool]],
        run: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        """*until_free*: waits until a phone rings for nobody else; False where that does not come. *run*: begins what
        goes on by itself."""
        self._site, self._agents = site, site.agents
        self._until_free, self._run = until_free, run
        self._callbacks = callbacks
        self._act = act
        self._tell = tell

    def reconfigure(self, site: Site) -> None:
        """Rings the phones of ``site`` from now on."""
        self._site = site
        self._agents = {**self._agents, **site.agents}  # an order may be of a moment before

    async def ring_agent(self, order: Ring) -> None:
        """Agent first: rings the agent, who then waits for the customer."""
        phone = self._agents[order.agent].phone
        leg = self._callbacks.begin(order.call, order.offer, is_agent=True, phone=phone)
        is_free = await self._until_free(phone)
        if not self._callbacks.is_wanted(leg):
            return
        if not is_free:
            self._failed(leg, DialFailure.BUSY)
            return
        await self._originate(
            leg,
            phone,
            order.ring_ms,
            {dialplan.CALL: dialplan.cc_id(order.call), dialplan.OFFER: dialplan.mark(order.call, order.offer)},
        )

    def let_go(self, phone: str) -> None:
        """Ends what an engine before this one has rung there: the centre may know nothing of it."""
        leg = self._callbacks.adopted_on(phone)
        if leg is not None:
            self._callbacks.stop(leg)
            self._run(self._hang_up(leg))

    async def dial_customer(self, order: DialCustomer) -> None:
        """Dials the customer: from the leg of the agent who waits, if there is one."""
        assert self._site.asterisk is not None
        assert self._site.asterisk.trunk is not None  # or the site would have been refused
        endpoint = self._site.asterisk.trunk.replace("{number}", order.number)
        agent = self._callbacks.leg_of(order.call, is_agent=True)
        if agent is None:
            before = self._callbacks.leg_of(order.call, is_agent=False)
            leg = self._callbacks.begin(order.call, order.offer, is_agent=False)
            if before is not None:  # an engine before this one lets the customer's phone ring: it would be busy
                await self._stop(before)
            if self._callbacks.is_wanted(leg):
                entry = {dialplan.ID: dialplan.cc_id(order.call), dialplan.ENTRY: str(order.waiting_since * 1000)}
                await self._originate(leg, endpoint, order.ring_ms, entry)
        elif not agent.dials:
            agent.dials = True
            await self._dial_from(agent, endpoint, order)

    async def stop_ringing(self, order: StopRinging) -> None:
        """The agent is not wanted any more; a customer who is being dialled from there rings no more either."""
        await self._stop(self._callbacks.leg_of(order.call, is_agent=True))

    async def stop_dialling(self, order: StopDialling) -> None:
        """The customer is not to be called now."""
        await self._stop(self._callbacks.leg_of(order.call, is_agent=False))

    async def _originate(self, leg: Leg, endpoint: str, ring_ms: int, variables: dict[str, str]) -> None:
        headers: dict[str, AmiValue] = {
            "Channel": endpoint,
            "ChannelId": leg.channel,
            "Context": dialplan.BACK,
            "Exten": dialplan.BACK_AGENT if leg.is_agent else dialplan.BACK_CUSTOMER,
            "Priority": 1,
            "Timeout": ring_ms,
            "Variable": [f"{name}={value}" for name, value in variables.items()],
        }
        try:
            await self._act("Originate", headers)
        except AmiRefused as error:
            _log.info("cannot dial for %s: %s", leg.call, error)
            self._failed(leg)
        except AmiTimeout:
            _log.warning("the exchange did not say whether it dials for %s", leg.call)
        except AmiLost as error:
            _log.info("not known whether the exchange dials for %s: %s", leg.call, error)
        else:
            await leg.settled.wait()
            if leg.refused is not None:
                await asyncio.sleep(_OVERTAKEN_S)
                for event in self._callbacks.judge(leg):
                    self._tell(event)

    async def _dial_from(self, agent: Leg, endpoint: str, order: DialCustomer) -> None:
        extension = dialplan.back_extension(order.ring_ms, endpoint)
        where: dict[str, AmiValue] = {"Context": dialplan.BACK, "Exten": extension, "Priority": 1}
        try:
            await self._act("Redirect", {"Channel": agent.channel, **where})
        except AmiRefused as error:
            _log.info("cannot dial for %s: %s", order.call, error)
            self._failed(agent)

    async def _stop(self, leg: Leg | None) -> None:
        if leg is not None:
            self._callbacks.stop(leg)
            await self._hang_up(leg)

    async def _hang_up(self, leg: Leg) -> None:
        try:
            await self._act("Hangup", {"Channel": leg.channel, "Cause": 16})
        except AmiRefused:
            self._callbacks.was_never(leg)

    def _failed(self, leg: Leg, why: DialFailure = DialFailure.UNREACHABLE) -> None:
        for event in self._callbacks.failed(leg, why):
            self._tell(event)
