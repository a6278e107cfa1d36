"""The first call, whole: a SIP caller, a real Asterisk, the engine, an agent's phone and a real browser."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.async_api import expect

from centre.calls import CallRecord, Outcome
from cti.recordings import Recordings
from cti.web.server import start_pages
from tests.asterisk.engine import Engine, engine_on
from tests.asterisk.kit.asterisk import MUSIC_HZ, Agent, Asterisk
from tests.asterisk.kit.ports import free_ports
from tests.asterisk.kit.sipp import AGENT_HZ, CALLER_HZ, caller, phone
from tests.browser import people
from tests.browser.conftest import NewPage, Screenshot

EMILY = '"Emily" <sip:+380501110003@127.0.0.1>'
NEAR_MS = 50
"""How far a recorded time may be from what was seen on the wire."""


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asterisk]:
    """An Asterisk that knows Olena's phone and Maria's."""
    phones = [Agent(name, port) for name, port in zip(("maria", "olena"), free_ports(2), strict=True)]
    with Asterisk(tmp_path_factory.mktemp("first") / "asterisk", phones) as running:
        yield running


@pytest.fixture
async def engine(exchange: Asterisk, tmp_path: Path) -> AsyncIterator[Engine]:
    async with engine_on(exchange, tmp_path) as running:
        yield running


@pytest.fixture
async def address(engine: Engine, tmp_path: Path) -> AsyncIterator[str]:
    """Where the pages of the engine are."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        listener.setblocking(False)
        recordings = Recordings(tmp_path / "data" / "messages")
        pages = await start_pages(engine.service, engine.store, recordings, listener)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        await pages.cleanup()


def near(recorded_ms: int | None, seen_s: float) -> bool:
    return recorded_ms is not None and abs(recorded_ms - seen_s * 1000) <= NEAR_MS


async def kept(engine: Engine, call: str) -> CallRecord:
    """The record as it stands in the database."""
    await engine.store.flush()
    (record,) = [one for one in await engine.store.calls(0, 2**53) if one.call == call]
    return record


@pytest.mark.alone
async def test_the_first_call(
    exchange: Asterisk, engine: Engine, address: str, new_page: NewPage, screenshot: Screenshot
) -> None:
    maria = people.Agent(await new_page(), address)
    await maria.sign_in("maria")
    await maria.go_ready()
    olena = people.Agent(await new_page(), address)
    await olena.sign_in("olena")
    await olena.go_ready()
    (marias_phone, olenas_phone) = exchange.agents
    async with phone(marias_phone) as quiet, phone(olenas_phone) as ringing, caller(exchange, sender=EMILY) as emily:
        arrived = await emily.answered()
        assert await emily.rtp.hears_speech(not_hz=MUSIC_HZ), "the greeting is heard"
        await engine.walks_to_cards(emily)

        # The best ready agent's phone rings, and the card is there while it rings.
        offered = await ringing.saw("180")
        await olena.sees_card("offered")
        card = olena.page.get_by_role("article", name="Call card")
        await expect(card.get_by_role("heading", name="Emily Clarke")).to_be_visible()
        await expect(card.locator(".path li")).to_have_text(["English", "Card services"])
        await expect(card.locator(".entries").first).to_contain_text("4321")
        assert ringing.seen("200", method="INVITE") == [], "nobody has answered yet"
        assert quiet.seen("INVITE") == [], "only one phone rings"
        await screenshot(olena.page, "desk-asterisk-ringing")

        ringing.pick_up()
        answered = await ringing.answers()
        await olena.sees_card("talking")
        assert await ringing.rtp.hears_tone(CALLER_HZ), "the agent hears the caller"
        assert await emily.rtp.hears_tone(AGENT_HZ), "the caller hears the agent"

        await olena.presses("h")
        await olena.sees_card("hold")
        assert await emily.rtp.hears_tone(MUSIC_HZ)
        await olena.presses("h")
        await olena.sees_card("talking")
        assert await emily.rtp.hears_tone(AGENT_HZ)

        emily.hang_up()
        gone = await emily.gone()
        await olena.sees_card("wrap-up")
        await olena.presses("1")
        await olena.writes_note("New card sent.")
        await olena.presses("Control+Enter")
        await olena.sees_state("Ready")

    record = await kept(engine, (await engine.closed()).call)
    (offer,) = record.offers
    assert (record.agent, record.queue, record.outcome) == ("olena", "cards", Outcome.ANSWERED)
    assert (record.disposition, record.note, record.ended_by) == ("solved", "New card sent.", "caller")
    assert near(record.arrived_at, arrived.at)
    assert near(record.queued_at, ringing.seen("INVITE")[0].at)
    assert near(offer.offered_at, ringing.seen("INVITE")[0].at)
    assert near(offer.ringing_at, offered.at)
    assert near(record.answered_at, answered.at)
    assert near(record.ended_at, gone.at)


async def test_the_note_is_on_the_card_when_the_customer_calls_again(
    exchange: Asterisk, engine: Engine, address: str, new_page: NewPage
) -> None:
    olena = people.Agent(await new_page(), address)
    await olena.sign_in("olena")
    await olena.go_ready()
    olenas_phone = exchange.agents[1]
    for visit in (1, 2):
        async with phone(olenas_phone) as ringing, caller(exchange, sender=EMILY) as emily:
            await engine.walks_to_cards(emily, times=visit)
            await olena.sees_card("offered")
            if visit == 2:
                await expect(olena.page.locator(".history li")).to_contain_text("Asked about the limit.")
            ringing.pick_up()
            await olena.sees_card("talking")
            await olena.presses("x")
            await emily.gone()
            await olena.sees_card("wrap-up")
            await olena.writes_note("Asked about the limit.")
            await olena.presses("Control+Enter")
            await olena.sees_state("Ready")
