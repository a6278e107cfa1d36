"""The lines of a service, all together: started, given another configuration, closed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable

from config.site import Site
from cti.service.ports import Line, LineError, Tell

_log = logging.getLogger(__name__)


async def started(lines: Iterable[Line], site: Site, tell: Tell) -> tuple[Line, ...]:
    """Starts every line, and returns them; raises :class:`~cti.service.ports.LineError` with none left running."""
    begun: list[Line] = []
    try:
        for line in lines:
            _require_fit(line, site)
            begun.append(line)
            await line.start(tell)
    except BaseException:
        await asyncio.gather(*map(closed, begun))
        raise
    return tuple(begun)


def reconfigure(lines: Iterable[Line], site: Site, *, before: Site) -> None:
    """Lets every line go by ``site``. Raises :class:`~cti.service.ports.LineError`, with all of them going by the one
    of ``before``, where one would need a new start for it."""
    changed: list[Line] = []
    try:
        for line in lines:
            _require_fit(line, site)
            line.reconfigure(site)
            changed.append(line)
    except LineError:
        for line in changed:
            line.reconfigure(before)
        raise


async def closed(line: Line) -> None:
    """Ends one; what goes wrong is logged, as the others are to end too."""
    try:
        await line.close()
    except Exception:
        _log.exception("the line %s did not close as it should; please report this", line.id)


def _require_fit(line: Line, site: Site) -> None:
    """Raises LineError if the site asks of its line what it cannot do."""
    for queue in site.acd.queues:
        if queue.channel not in line.capabilities.channels:
            raise LineError(
                f"queue “{queue.id}” in {site.folder / 'site.yaml'} is of the channel “{queue.channel}”, which the "
                f"line “{line.id}” does not carry; take the queue out, or “channel” out of the queue"
            )
