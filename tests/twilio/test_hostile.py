"""Whatever comes by the webhooks, signed as it is: each is answered with what Twilio can read, and no call is stuck."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from centre.effects import CallEnded
from tests.twilio.house import PUBLIC, House, on_twilio, open_house
from tests.twilio.standin.lint import checked
from tests.virtual.jumping_clock import in_jumping_time

CALLS = [f"CA{number:032x}" for number in range(3)]
TEXTS = st.sampled_from(
    [
        "",
        "1",
        "4321",
        "*#ABCD",
        "0" * 1_000,
        "\r\nX: y",
        "</Say><Hangup/>",
        "${SYSTEM(id)}",
        "١٢٣",
        "\x00",
        "hangup",
        "-1",
        "é" * 50,
    ]
)
PATHS = st.one_of(
    st.sampled_from(["voice", "fallback", "status", "ready", "", "elsewhere", "recorded/../../x", "recorded/a-1"]),
    st.builds(
        "calls/twilio-{}{}/{}/{}".format,
        st.sampled_from([*CALLS, "CA1", "../.."]),
        st.sampled_from(["", "", "-back"]),
        st.sampled_from(["said", "keys", "message", "outside", "wait", "key", "left", "talked", "now", "other"]),
        st.sampled_from(["0", "1", "2", "3", "-1", "x", "99999999999999999999"]),
    ),
    st.builds(
        "{}/twilio-{}/{}".format,
        st.sampled_from(["legs", "reached"]),
        st.sampled_from(CALLS),
        st.sampled_from(["customer", "1", f"twilio-{CALLS[0]}-1"]),
    ),
)
WORDS = {
    "CallSid": st.sampled_from([*CALLS, *CALLS, "", "CA1"]),
    "CallStatus": st.sampled_from(["ringing", "in-progress", "in-progress", "completed", "busy", "", "strange"]),
    "From": st.sampled_from(["+380501110003", "anonymous", "sip:x@y", "'; --"]),
    "Digits": TEXTS,
    "FinishedOnKey": st.sampled_from(["", "#", "11"]),
    "QueueResult": st.sampled_from(["leave", "hangup", "queue-full", "redirected", "error", ""]),
    "DialCallStatus": st.sampled_from(["completed", "busy", "no-answer", "", "answered"]),
    "RecordingDuration": st.sampled_from(["", "7", "-5", "1e9", "٣", "9999999"]),
    "RecordingSid": st.sampled_from(["RE" + "0" * 32, "../x", ""]),
    "RecordingStatus": st.sampled_from(["completed", "failed"]),
    "SequenceNumber": st.sampled_from(["0", "3", "x", ""]),
    "CallerName": TEXTS,
}
HOOKS = st.lists(st.tuples(PATHS, st.fixed_dictionaries(WORDS)), max_size=25)


@pytest.mark.parametrize("example", ["bank", "exits", "callback"])
def test_no_webhook_breaks_anything(
    tmp_path_factory: pytest.TempPathFactory, caplog: pytest.LogCaptureFixture, example: str
) -> None:
    @settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
    @given(HOOKS)
    def run(hooks: list[tuple[str, dict[str, str]]]) -> None:
        folder = tmp_path_factory.mktemp("hostile")
        caplog.clear()
        in_jumping_time(sent)(folder, example, hooks)
        errors = [record for record in caplog.records if record.exc_info or "refused event" in record.getMessage()]
        assert errors == []

    caplog.set_level(logging.WARNING)
    run()


async def sent(folder: Path, example: str, hooks: list[tuple[str, dict[str, str]]]) -> None:
    """Sends them all, half of them without waiting for the answer; then everybody hangs up."""
    async with open_house(on_twilio(example, folder), folder, troubles=True) as house:
        house.ready(*list(house.service.site.agents)[:2])
        waiting: list[asyncio.Future[Any]] = []
        for number, (path, params) in enumerate(hooks):
            one = asyncio.ensure_future(answered(house, path, params))
            waiting.append(one)
            if number % 2:
                await asyncio.sleep(0.3)
        await asyncio.gather(*waiting)
        for again in ("", "yes"):
            await asyncio.sleep(10)
            for sid in CALLS:
                over = {"CallSid": sid, "CallStatus": "completed", "Again": again}
                await answered(house, "status", over)
                await answered(house, f"legs/twilio-{sid}-back/customer", over)
        await asyncio.sleep(10)
        books = house.service.centre.conservation()
        assert books.arrived + books.callbacks == books.ended + sum(books.inside.values())
        here = [
            call for call in house.service.centre.calls.values() if call.caller_there and call.record.ended_at is None
        ]
        assert here == [], "who has hung up is gone"
        assert len(house.all(CallEnded)) == books.ended


async def answered(house: House, path: str, params: dict[str, str]) -> None:
    """Sends one request, signed as Twilio signs, and reads the answer as Twilio does."""
    try:
        document = await house.twilio.webhook(f"{PUBLIC}/{path}", params)
    except OSError as error:
        if str(error) not in ("status 404", "status 403"):
            raise
        return
    if document:
        checked(document)
