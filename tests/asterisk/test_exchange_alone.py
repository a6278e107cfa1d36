"""The stand-alone script that asks for the queue while no engine runs, with pyst2 under a real Asterisk."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cti.asterisk.dialplan import WaitingPlace
from tests.asterisk.kit.asterisk import MUSIC_HZ, Asterisk
from tests.asterisk.kit.engine import AgiCall, engine
from tests.asterisk.kit.operator import operator
from tests.asterisk.kit.sipp import caller
from tests.asterisk.kit.sounds import write_tone

QUESTION_HZ = 300.0


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asterisk]:
    asking = {"CC_ALONE": "holdless-alone.py,question,uk,1=cards,2=loans"}
    with Asterisk(tmp_path_factory.mktemp("alone") / "a", globals=asking) as running:
        write_tone(running.sounds_dir / "question.wav", hz=QUESTION_HZ, seconds=2)
        yield running


async def test_the_key_a_caller_presses_is_found_by_the_engine_that_comes_back(alone: Asterisk) -> None:
    async with operator(alone) as hand, caller(alone) as olena:
        assert await olena.rtp.hears_tone(QUESTION_HZ, within_ms=10_000)
        await olena.press("2")
        waiting = await hand.waiting()
        place = WaitingPlace.from_text(waiting.variables["CC_DATA"])
        assert place is not None
        assert (place.queue, place.language, place.needs, place.priority) == ("loans", "uk", (), 0)
        assert place.waiting_since == pytest.approx(time.time() * 1000, abs=10_000)
        olena.hang_up()
        await hand.nobody_left()


async def test_a_caller_who_presses_a_wrong_key_is_asked_again(alone: Asterisk) -> None:
    async with operator(alone) as hand, caller(alone) as olena:
        assert await olena.rtp.hears_tone(QUESTION_HZ, within_ms=10_000)
        await asyncio.sleep(2.2)  # the question is over, the script waits for a key
        await olena.press("9")
        assert await olena.rtp.hears_tone(QUESTION_HZ)
        await olena.press("1")
        place = WaitingPlace.from_text((await hand.waiting()).variables["CC_DATA"])
        assert place is not None
        assert place.queue == "cards"
        olena.hang_up()
        await hand.nobody_left()


async def test_a_caller_who_hangs_up_at_the_question_leaves_nothing_behind(alone: Asterisk) -> None:
    async with operator(alone) as hand, caller(alone) as olena:
        assert await olena.rtp.hears_tone(QUESTION_HZ, within_ms=10_000)
        olena.hang_up()
        await olena.gone()
        await hand.nobody_left()


async def test_a_caller_whose_queue_the_engine_knew_is_not_asked_again(alone: Asterisk, tmp_path: Path) -> None:
    async def menu(call: AgiCall) -> None:
        await call.command(
            'SET VARIABLE CC_DATA "{\\"q\\":\\"cards\\",\\"t\\":1,\\"l\\":\\"en\\",\\"n\\":[],\\"p\\":0}"'
        )
        call.die()

    async with operator(alone) as hand, engine(alone, menu), caller(alone) as olena:
        await hand.heard("UserEvent", UserEvent="CcWait", Reason="alone")
        assert await olena.rtp.hears_tone(MUSIC_HZ)
        olena.hang_up()
        await hand.nobody_left()
