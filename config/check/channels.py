"""Channels in site.yaml: which there are, and who has a capacity for them."""

from __future__ import annotations

from acd.setup import VOICE
from config.documents import Document
from config.errors import unknown
from config.schema.site import SiteModel
from config.yaml_tree import Path as TreePath

VOICE_MOST = 1
"""A telephone has one caller in it."""


def check_channels(document: Document, site: SiteModel) -> None:
    """Finds channels that are named and not there, and capacities that cannot be."""
    channels = site.every_channel
    for name, channel in site.channels.items():
        _check_capacity(document, ("channels", name, "capacity"), name, channel.capacity)
        for number, other in enumerate(channel.interrupted_by):
            at: TreePath = ("channels", name, "interrupted_by", number)
            if other == name:
                document.fault(at, f"how many of “{name}” go together is its capacity; leave this out")
            elif other not in channels:
                document.fault(at, unknown("channel", other, channels))
    for name, agent in site.agents.items():
        for channel_name, capacity in agent.capacity.items():
            at = ("agents", name, "capacity", channel_name)
            if channel_name not in channels:
                document.fault(at, unknown("channel", channel_name, channels), at_key=True)
            else:
                _check_capacity(document, at, channel_name, capacity)
    _check_queues(document, site)


def _check_queues(document: Document, site: SiteModel) -> None:
    for name, queue in site.queues.items():
        if queue.channel not in site.every_channel:
            document.fault(("queues", name, "channel"), unknown("channel", queue.channel, site.every_channel))
        if queue.channel != VOICE and queue.callback is not None:
            message = f"nobody is called back from a queue of {queue.channel}; leave this out"
            document.fault(("queues", name, "callback"), message, at_key=True)
        for number, step in enumerate(queue.relax):
            to = site.queues.get(step.spill.to) if step.spill is not None else None
            if to is not None and to.channel != queue.channel:
                document.fault(
                    ("queues", name, "relax", number, "spill", "to"),
                    f"a call of {queue.channel} cannot become one of {to.channel}; name a queue of {queue.channel}",
                )


def _check_capacity(document: Document, at: TreePath, channel: str, capacity: int) -> None:
    if channel == VOICE and capacity > VOICE_MOST:
        document.fault(at, f"a telephone has one caller in it, not {capacity}; write 1, or 0 for no telephone calls")


def check_capacities(document: Document, site: SiteModel) -> None:
    """Finds channels that are for nothing, and queues of a channel for which nobody has a capacity."""
    of_queues = {queue.channel for queue in site.queues.values()}
    for name, agent in site.agents.items():
        if agent.capacity and not any(site.capacity_of(agent, channel) for channel in of_queues):
            message = f"“{name}” never takes a call: the capacity is 0 for every channel that a queue is of; raise one"
            document.fault(("agents", name, "capacity"), message, at_key=True)
    for name in site.channels:
        if name not in of_queues and name != VOICE:
            message = f"no queue is of the channel “{name}”; add “channel: {name}” to one, or delete the channel"
            document.fault(("channels", name), message, at_key=True)
    for name, queue in site.queues.items():
        if site.agents and not any(site.capacity_of(agent, queue.channel) for agent in site.agents.values()):
            at: TreePath = ("queues", name, "channel") if "channel" in queue.model_fields_set else ("queues", name)
            document.fault(
                at,
                f"no agent can ever take a call of “{name}”: everybody's capacity for {queue.channel} is 0; "
                "raise that of the channel or of an agent",
                at_key=len(at) == 2,
            )
