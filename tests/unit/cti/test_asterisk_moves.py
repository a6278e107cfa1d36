"""Callers on the way from one place in the dialplan to another, where the exchange or the link to it does not help."""

from __future__ import annotations

import asyncio

import pytest

from centre.effects import Speak
from cti.asterisk.ami import AmiError, AmiLost, AmiRefused, AmiReply, AmiTimeout, AmiValue
from cti.asterisk.ami_messages import AmiHeaders
from cti.asterisk.exchange import Exchange
from cti.asterisk.manager import Manager
from cti.asterisk.moves import Moves
from tests.virtual.jumping_clock import in_jumping_time

REFUSED = AmiRefused("Channel does not exist", AmiReply(AmiHeaders([])))


class Unhelpful(Manager):
    """Sends nothing."""

    def __init__(self, trouble: AmiError) -> None:
        super().__init__()
        self._trouble = trouble

    async def action(self, name: str, **headers: AmiValue) -> None:
        raise self._trouble


class Noted(Manager):
    """Notes where callers are sent."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[str] = []

    async def redirect(self, channel: str, context: str, extension: str = "s") -> None:
        self.sent.append(context)


@in_jumping_time
async def test_what_was_to_be_said_to_a_caller_while_the_link_was_down_parts_nobody_who_talks_by_then() -> None:
    call, manager = Exchange("asterisk").admit("asterisk-1", "1.1"), Noted()
    call.rests.clear()
    Moves(manager).into_menu(call, Speak(call="asterisk-1", step=1, language="en", prompts=("please-wait",)))
    call.leg = "1.2"  # the list of channels says so
    call.rests.set()
    await asyncio.sleep(1)
    assert manager.sent == []
    assert not call.fetched


@pytest.mark.parametrize("trouble", [REFUSED, AmiLost("no link"), AmiTimeout("no answer")], ids=["no", "lost", "late"])
@in_jumping_time
async def test_a_caller_in_a_menu_who_cannot_be_moved_to_the_music_is_let_go_there_by_the_session(
    trouble: AmiError,
) -> None:
    call = Exchange("asterisk").admit("asterisk-1", "1.1")
    session = call.into_menu()
    await Moves(Unhelpful(trouble)).to_the_music(call)
    assert (session.get_nowait(), call.in_menu) == (None, False)
