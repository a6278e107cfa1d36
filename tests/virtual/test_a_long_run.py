"""A service that runs for days takes no more room and time than one that runs for hours."""

from __future__ import annotations

import asyncio
from pathlib import Path

from centre.events import AgentNotReady
from cti.service.turns import COUNTED_MS
from tests.virtual.house import bank, open_house
from tests.virtual.jumping_clock import in_jumping_time

DAY_S = 86_400


@in_jumping_time
async def test_counters_of_days_gone_by_are_forgotten_and_those_of_yesterday_are_not(tmp_path: Path) -> None:
    async with open_house(bank(), tmp_path) as house:
        house.ready("olena")
        await asyncio.sleep(5 * DAY_S)
        house.service.tell(AgentNotReady(agent="olena", reason="lunch"))
        metrics = house.service.centre.metrics
        now = house.service.now()
        assert metrics.agent("olena", now - COUNTED_MS).ready_ms > COUNTED_MS - metrics.interval_ms
        assert metrics.agent("olena", 0, now - COUNTED_MS - metrics.interval_ms).ready_ms == 0
