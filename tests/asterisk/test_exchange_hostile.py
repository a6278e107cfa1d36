"""What a caller writes into SIP is shown as text, and never becomes a line or a command of AGI, AMI or the dialplan."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from cti.asterisk.withheld import is_restricted
from tests.asterisk.kit.asterisk import Asterisk
from tests.asterisk.kit.engine import AgiCall, engine
from tests.asterisk.kit.operator import Operator
from tests.asterisk.kit.sipp import caller

FORGED = "%0d%0a%0d%0aEvent%3a%20Hangup%0d%0aUniqueid%3a%201"
"""Line breaks that SIP carries escaped and Asterisk unescapes: enough to forge a whole AMI event."""
AGI_HEADERS = 25


@pytest.mark.parametrize(
    ("sender", "number", "name"),
    [
        (f'"A%0d%0aEvent: Hangup" <sip:38{FORGED}@127.0.0.1>', "38EventHangupUniqueid1", "A%0d%0aEvent: Hangup"),
        ('"a, b) (c} ${SHELL(id)} ; | > & q" <sip:1,2)3@127.0.0.1>', "123", "a, b) (c} ${SHELL(id)} ; | > & q"),
        ('"Олена <script>alert(1)</script>" <sip:+380@127.0.0.1>', "+380", "Олена <script>alert(1)</script>"),
        ('"x\x01y\x7fz" <sip:12@127.0.0.1>', "12", "xyz"),
        ("Plain <sip:888@127.0.0.1;user=phone>", "888", "Plain"),
        ("sip:777@127.0.0.1", "777", "unknown"),
        ("<tel:+380501112233>", "+380501112233", "unknown"),
        ('"Anonymous" <sip:anonymous@anonymous.invalid>', "anonymous", "Anonymous"),
        ("<sip:127.0.0.1>", "unknown", "unknown"),
    ],
)
async def test_who_calls_reaches_the_engine_as_clean_text(
    asterisk: Asterisk, hand: Operator, sender: str, number: str, name: str
) -> None:
    calls: list[AgiCall] = []

    async def menu(call: AgiCall) -> None:
        calls.append(call)
        await call.command("SET VARIABLE CC_NEXT hangup")

    async with engine(asterisk, menu), caller(asterisk, sender=sender) as olena:
        await olena.gone()
    (call,) = calls
    assert (call.header("callerid"), call.header("calleridname")) == (number, name)
    assert len(call.headers) == AGI_HEADERS


async def test_no_event_about_a_hostile_caller_holds_a_forged_line_from_the_first_on(asterisk: Asterisk) -> None:
    """Read raw, as an account that sees every event does."""

    async def menu(call: AgiCall) -> None:
        await call.command("SET VARIABLE CC_NEXT hangup")

    reader, writer = await asyncio.open_connection("127.0.0.1", asterisk.ami_port)
    try:
        writer.write(f"Action: Login\r\nUsername: observer\r\nSecret: {asterisk.ami_secret}\r\n\r\n".encode())
        sender = f'"x" <sip:38{FORGED}@127.0.0.1>'
        async with engine(asterisk, menu), caller(asterisk, sender=sender) as olena:
            await olena.gone()
        seen = ""
        while not (("Event: Hangup\r\n" in seen) and seen.endswith("\r\n\r\n")):
            seen += (await asyncio.wait_for(reader.read(65_536), 10)).decode()
    finally:
        writer.close()
    assert "Event: Newchannel\r\n" in seen
    assert "Uniqueid: 1\r\n" not in seen


@pytest.mark.parametrize("number", [f"1{FORGED}", "12,3)4$%7bSHELL(id)%7d", "100%0a", "h", "T", "8" * 22])
async def test_a_number_that_is_none_is_refused_before_there_is_a_call(
    asterisk: Asterisk, hand: Operator, number: str
) -> None:
    async with caller(asterisk, number) as mallory:
        await mallory.saw("404")
    assert not [event for event in hand.events if event.name == "Hangup"]


@pytest.mark.parametrize(("trust", "number"), [("no", "+380501112233"), ("yes", "+380449998877")])
async def test_a_carriers_word_on_who_calls_counts_only_where_the_site_trusts_it(
    tmp_path: Path, trust: str, number: str
) -> None:
    async def menu(call: AgiCall) -> None:
        assert call.header("callerid") == number
        await call.command("SET VARIABLE CC_NEXT hangup")

    with Asterisk(tmp_path / "a", globals={"CC_TRUST_ASSERTED": trust}) as trusting:
        async with engine(trusting, menu), caller(trusting, asserted="<tel:+380449998877>") as olena:
            await olena.gone()


SHOWN, HIDDEN = "+380501112233", "unknown"


@pytest.mark.parametrize(
    ("privacy", "number"),
    [
        ("id", HIDDEN),
        ("User;ID", HIDDEN),
        ("critical;header", HIDDEN),
        ("none", SHOWN),
        ("idle", SHOWN),
    ],
)
async def test_who_asks_not_to_be_shown_has_no_number_on_the_exchange_or_beyond(
    asterisk: Asterisk, hand: Operator, privacy: str, number: str
) -> None:
    async def menu(call: AgiCall) -> None:
        assert call.header("callerid") == number
        assert (call.header("calleridname") == "Olena") is (number == SHOWN)
        await call.command("SET VARIABLE CC_NEXT hangup")

    sender = f'"Olena" <sip:{SHOWN}@127.0.0.1>'
    async with engine(asterisk, menu), caller(asterisk, sender=sender, privacy=privacy) as olena:
        await olena.gone()
        await hand.nobody_left()
    shown = {event.headers.get("CallerIDNum", "") for event in hand.events}
    assert (SHOWN in shown) is (number == SHOWN)


async def test_a_centre_that_may_see_withheld_numbers_says_so(tmp_path: Path) -> None:
    async def menu(call: AgiCall) -> None:
        assert call.header("callerid") == "+380449998877"
        assert not is_restricted(call.header("callingpres"))
        await call.command("SET VARIABLE CC_NEXT hangup")

    settings = {"CC_TRUST_ASSERTED": "yes", "CC_SHOW_WITHHELD": "yes"}
    sender = '"Anonymous" <sip:anonymous@anonymous.invalid>'
    with Asterisk(tmp_path / "a", globals=settings) as trusting:
        asserted = "<tel:+380449998877>"
        async with engine(trusting, menu), caller(trusting, sender=sender, asserted=asserted, privacy="id") as olena:
            await olena.gone()
