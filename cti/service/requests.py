"""What a centre wants to know from other systems: asked in the background, every answer told as an event.

A customer record for the card may come late or never; a flow that waits always gets an answer, if only that there is
none.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping

from centre import events
from centre.effects import FetchData, FindCustomer, LookUpCustomer
from cti.service.background import Background
from cti.service.ports import CustomerRecords, DipFailed, Line, Tell, WebServices
from ivr.messages import UNKNOWN

_log = logging.getLogger(__name__)

CUSTOMER_DEADLINE_S = 0.8
"""A customer record that takes longer comes without: the card pops without it, the flow goes on without it."""

Request = FindCustomer | LookUpCustomer | FetchData


class Requests:
    """The requests that run."""

    def __init__(
        self, *, customers: CustomerRecords, web_services: WebServices | None, lines: Mapping[str, Line], tell: Tell
    ) -> None:
        self._customers = customers
        self._web_services = web_services
        self._lines = lines
        self._tell = tell
        self._background = Background()

    def ask(self, request: Request) -> None:
        """Begins to ask."""
        self._background.run(self._answer(request))

    async def close(self) -> None:
        """Gives up what still runs."""
        await self._background.close()

    async def _answer(self, request: Request) -> None:
        match request:
            case FindCustomer():
                if customer := await self._customer(request.number):
                    self._tell(events.CustomerFound(call=request.call, customer=customer))
            case LookUpCustomer(call=call, step=step):
                customer = await self._customer(request.number)
                if customer is None:
                    self._tell(events.DataFailed(call=call, step=step, why="no answer"))
                elif not customer:
                    self._tell(events.DataFailed(call=call, step=step, why=UNKNOWN))
                else:
                    self._tell(events.DataFetched(call=call, step=step, values=customer))
            case FetchData(call=call, step=step):
                try:
                    if self._web_services is None:
                        raise DipFailed("no web service is set up")
                    values = await self._web_services.fetch(request, self._secrets(request))
                except DipFailed as error:
                    _log.warning("call %s, node %s: a data dip failed: %s", call, request.node, error)
                    self._tell(events.DataFailed(call=call, step=step, why=str(error)))
                except Exception:
                    _log.exception("call %s, node %s: a data dip failed", call, request.node)
                    self._tell(events.DataFailed(call=call, step=step, why="error"))
                else:
                    self._tell(events.DataFetched(call=call, step=step, values=values))

    async def _customer(self, number: str) -> Mapping[str, str] | None:
        """What is known of the customer, empty if nothing; None: the records do not answer."""
        try:
            async with asyncio.timeout(CUSTOMER_DEADLINE_S):
                return await self._customers.find(number) or {}
        except TimeoutError:
            _log.warning("customer records did not answer within %.1f s", CUSTOMER_DEADLINE_S)
        except Exception:
            _log.exception("customer records failed")
        return None

    def _secrets(self, request: FetchData) -> Mapping[str, str]:
        """What the caller entered, by field of the body. A line that has lost it (with the process that took it in)
        fails the dip: a service must not be asked with half of what it needs."""
        line = self._lines.get(request.call.partition("-")[0])
        secrets: dict[str, str] = {}
        for field, step in request.secrets.items():
            secret = line.secret(request.call, step) if line is not None else None
            if secret is None:
                raise DipFailed("the caller's entry is gone")
            secrets[field] = secret
        return secrets
