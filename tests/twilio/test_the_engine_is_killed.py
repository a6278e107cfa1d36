"""kill -9 of `holdless serve` with callers everywhere at Twilio: they go on, and the next process finds each one."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from centre.calls import Outcome
from centre.effects import Answered, Ask, CallEnded, Queued, Ring
from centre.events import ConversationFound
from config.loader import load_site
from cti.twilio.webhooks import Webhook
from tests.asterisk.kit.ports import free_ports
from tests.engine_process import at_work, effects, events, journaled, killed, serving, until
from tests.twilio.house import EXAMPLES, PUBLIC
from tests.twilio.standin import player
from tests.twilio.standin.door import at_the_door
from tests.twilio.standin.player import Leg
from tests.twilio.standin.twilio import StandIn

DOCS = Path(__file__).parents[2] / "docs"
(ONE_MOMENT,) = re.findall(r"<Response>.*</Response>", (DOCS / "twilio.md").read_text(encoding="utf-8"))
BIN = "https://handler.twilio.com/twiml/EH1"


def office_on(twilio: StandIn, api: str, port: int, folder: Path) -> Path:
    """The example site with one phone a call, on this stand-in; its engine listens on *port*."""
    site = Path(shutil.copytree(EXAMPLES / "twilio", folder / "office"))
    settings = site / "site.yaml"
    text = settings.read_text(encoding="utf-8")
    for shipped, ours in (
        ("    phones: {at_once: 2}", "    phones: {at_once: 1}\n    wrap_up: 1 s"),
        ("port: 8081", f"port: {port}"),
        ("  public_url:", f"  api: {api}\n  fallback_url: {BIN}\n  public_url:"),
    ):
        assert shipped in text
        text = text.replace(shipped, ours)
    settings.write_text(text, encoding="utf-8")
    (site / "twilio.secret").write_text(f"{twilio.account}\n{twilio.token}\n", encoding="utf-8")
    return site


def last_heard(leg: Leg) -> str:
    return leg.heard[-1].what if leg.heard else ""


def said(leg: Leg) -> list[str]:
    return [heard.text for heard in leg.heard if heard.what == "said"]


async def asked(leg: Leg) -> None:
    await until(lambda: leg.listening and "/keys/" in leg.answers_to, "a question")


async def repeated(twilio: StandIn, hook: Webhook) -> tuple[int, str]:
    """What a request is answered that comes once more."""
    assert twilio.take is not None
    return await twilio.take(hook)


async def waits(twilio: StandIn, number: str) -> Leg:
    """Somebody calls and comes to the music."""
    leg = twilio.call_in(number)
    await asked(leg)
    leg.press("1")
    await until(lambda: last_heard(leg) in ("music", "connected"), "music")
    return leg


@pytest.mark.alone
async def test_callers_in_the_menu_waiting_ringing_and_talking_outlive_the_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(player, "SAID_CHARACTERS_PER_S", 500)
    twilio, (port,) = StandIn(public_url=PUBLIC), free_ports(1)
    twilio.fallback_url, twilio.bins[BIN] = BIN, ONE_MOMENT.replace('length="5"', 'length="1"')
    anna, petro = (twilio.phone(f"sip:{name}@harbour.sip.twilio.com") for name in ("anna", "petro"))
    anna.answers_after, petro.answers_after = 0.2, None
    data = tmp_path / "data"
    async with at_the_door(twilio, port) as api:
        folder = office_on(twilio, api, port, tmp_path)
        at_work(load_site(folder), data, "anna", "petro")
        async with serving(folder, data, "twilio") as process:
            talking = await waits(twilio, "+380501110001")
            await until(lambda: last_heard(talking) == "connected", "a conversation")
            await journaled(data, lambda one: isinstance(one, Answered))
            ringing = await waits(twilio, "+380501110002")
            await until(lambda: petro.legs and twilio.rings(petro.legs[0]), "a phone that rings")
            await until(lambda: ringing.conference is not None, "the caller where the phone will come to")
            waiting = await waits(twilio, "+380501110003")
            chooses = twilio.call_in("+380501110004")
            await asked(chooses)
            await journaled(data, lambda one: isinstance(one, Ask) and chooses.sid in one.call)
            since = {one.call: one.waiting_since for one in effects(data) if isinstance(one, Queued)}
            music = len(waiting.heard)
            hook, document = next(one for one in reversed(twilio.documents) if "<Enqueue" in one[1])
            await killed(process)
        # No engine is there.
        chooses.press("1")
        petro.picked_up.set()
        late = twilio.call_in("+380501110005")
        await until(lambda: last_heard(ringing) == "connected", "two whom Twilio connects alone")
        await until(lambda: all("One moment please." in said(leg) for leg in (chooses, late)), "Twilio's own document")
        assert last_heard(talking) == "connected"
        assert len(waiting.heard) == music, "the music plays on untouched"
        async with serving(folder, data, "twilio") as process:
            await until(lambda: any(isinstance(one, ConversationFound) for one in events(data)), "two who talk")
            assert await repeated(twilio, hook) == (200, document), "a request that is repeated"
            for leg in (chooses, late):
                await asked(leg)
            chooses.press("1")
            await journaled(data, lambda one: isinstance(one, Queued) and chooses.sid in one.call)
            again = {one.call: one.waiting_since for one in effects(data) if isinstance(one, Queued)}
            assert again | since == again, "nobody's wait began again"
            talking.hang_up()
            ringing.hang_up()
            await journaled(data, lambda one: isinstance(one, CallEnded), times=2)
            await journaled(data, lambda one: isinstance(one, Ring), times=3)
    rung = [one.call for one in effects(data) if isinstance(one, Ring)]
    assert rung[:3] == [f"twilio-{leg.sid}" for leg in (talking, ringing, waiting)], "who came first is served first"
    ended = [one.record.outcome for one in effects(data) if isinstance(one, CallEnded)]
    assert set(ended) == {Outcome.ANSWERED}
