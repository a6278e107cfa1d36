"""One engine takes over from another: the dialplan learns where menus are served now, and whom to fetch from there."""

from __future__ import annotations

from collections.abc import Iterable

from config.site import FastAgi
from cti.asterisk import dialplan
from cti.asterisk.ami import AmiEvent, AmiLink

COMES_WITHIN_S = 0.5
"""How long a caller who is on the way to our menus may take to be there."""


async def announce(link: AmiLink, fastagi: FastAgi) -> None:
    """Tells the dialplan that menus are served here. Raises :class:`~cti.asterisk.ami.AmiError`."""
    address = f"agi://{fastagi.host}:{fastagi.port}/call"
    await link.action("Setvar", Variable=dialplan.ENGINE, Value=address)


def with_an_engine(channels: Iterable[AmiEvent]) -> frozenset[str]:
    """The channels that are in FastAGI with some engine: with a frozen one they would be stuck there until
    CC_MENU_SECONDS are over."""
    return frozenset(
        channel.headers.get("Uniqueid", "")
        for channel in channels
        if channel.headers.get("Context") == dialplan.MENU and channel.headers.get("Application") == "AGI"
    )
