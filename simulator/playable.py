"""Whether a site can be simulated at all: refusals that say where to write what."""

from __future__ import annotations

from acd.setup import VOICE, QueueSetup
from config.places import Places
from config.site import Site
from config.workload import Workload


class SimulationError(Exception):
    """The site cannot be simulated; the text says why and what to do."""


def workload_of(site: Site) -> Workload:
    """Raises :class:`SimulationError` where the site does not say."""
    if site.workload is None:
        message = (
            "the site names no workload; add “workload: workload.yaml”, and say in that file who calls and who works"
        )
        raise SimulationError(str(Places(site).of_site((), message)))
    return site.workload


def require_voice(site: Site) -> None:
    """Raises :class:`SimulationError` where a queue is of another channel than voice: nothing else is simulated."""
    others = [queue for queue in site.acd.queues if queue.channel != VOICE]
    if others:
        places = Places(site)
        found = (places.of_site(("queues", queue.id, "channel"), no_voice(queue)) for queue in others)
        raise SimulationError("\n".join(map(str, found)))


def no_voice(queue: QueueSetup) -> str:
    """Why calls of a queue of another channel are not simulated."""
    return (
        f"queue “{queue.id}” is of the channel “{queue.channel}”, and telephone calls alone can be simulated; take the "
        "queue out of a copy of the site, or “channel” out of the queue"
    )
