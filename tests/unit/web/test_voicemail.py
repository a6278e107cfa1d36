"""Who may listen to callers' messages, and what the page says of them."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

import aiohttp
import pytest
from yarl import URL

from cti.recordings import Recordings
from cti.store import StoreError
from cti.store.messages import LeftMessage, RecordedConversation
from cti.voicemail.pages import VoicemailPages
from cti.web.server import serve_features
from cti.web.settings import SignIn, WebSettings
from ivr.messages import recording_name
from tests.unit.web.conftest import browser
from tests.unit.web.demo import DemoService, NoPasswords

SOUND = b"RIFF" + bytes(range(200))
HIDDEN = b"RIFF that is no message"


@dataclass
class Kept:
    """What the database has."""

    left: list[LeftMessage] = field(default_factory=list)
    recorded: list[RecordedConversation] = field(default_factory=list)
    is_away: bool = False

    async def messages(self, since: int, limit: int) -> Sequence[LeftMessage]:
        if self.is_away:
            raise StoreError("the database does not answer")
        return [one for one in self.left if one.at >= since][:limit]

    async def conversations(self, since: int, limit: int) -> Sequence[RecordedConversation]:
        return [one for one in self.recorded if one.at >= since][:limit]

    async def mark_heard(self, message: str, by: str, at: int) -> None:
        self.left = [replace(one, heard_by=by, heard_at=at) if one.message == message else one for one in self.left]


@dataclass
class Office:
    """The served page."""

    kept: Kept
    service: DemoService
    address: str
    client: aiohttp.ClientSession

    async def get(self, path: str, **headers: str) -> tuple[int, bytes, str]:
        """The status, the body, and the type of the body."""
        # encoded=True: what is asked for goes out as it is, dots and all
        url = URL(f"{self.address}{path}", encoded=True)
        async with self.client.get(url, headers=headers, allow_redirects=False) as answer:
            return answer.status, await answer.read(), answer.headers.get("Content-Type", "")


async def serve(stack: AsyncExitStack, folder: Path, settings: WebSettings) -> Office:
    listener = stack.enter_context(socket.socket())
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    listener.setblocking(False)
    (folder / "messages").mkdir()
    (folder / "messages" / "call-1-m.wav").write_bytes(SOUND)
    (folder / "secret.wav").write_bytes(HIDDEN)
    kept, service = Kept(), DemoService()
    feature = VoicemailPages(kept, Recordings(folder / "messages"))
    runner = await serve_features(service, NoPasswords(), listener, settings, [feature])
    stack.push_async_callback(runner.cleanup)
    client = await stack.enter_async_context(browser())
    return Office(kept, service, f"http://127.0.0.1:{listener.getsockname()[1]}", client)


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    """Managers' pages are open, as in a demo."""
    async with AsyncExitStack() as stack:
        yield await serve(stack, tmp_path, WebSettings())


def left(service: DemoService, message: str = "call-1-m", *, name: str = "Olha") -> LeftMessage:
    return LeftMessage(
        message=message, at=service.now(), length_ms=64_400, number="+380501110001", name=name, queue="cards"
    )


async def test_a_statement_bears_its_name_and_a_sensitive_one_is_not_played(office: Office, tmp_path: Path) -> None:
    private = recording_name("call-3", 4, sensitive=True)
    (tmp_path / "messages" / f"{private}.wav").write_bytes(SOUND)
    office.kept.left = [replace(left(office.service, private), into="diagnosis")]
    _, body, _ = await office.get("/voicemail")
    assert b"<td>diagnosis</td>" in body
    assert "Sensitive: not played here." in body.decode()
    assert b"<audio" not in body
    status, _, _ = await office.get(f"/voicemail/{private}.wav")
    assert status == 404


async def test_a_message_is_shown_with_its_caller_queue_and_length_and_a_player(office: Office) -> None:
    office.kept.left = [left(office.service), left(office.service, "call-2-m", name="<b>Ivan</b>")]
    status, body, _ = await office.get("/voicemail")
    page = body.decode()
    assert status == 200
    assert "Olha +380501110001" in page
    assert "Card services" in page
    assert "1:04" in page
    assert 'src="/voicemail/call-1-m.wav"' in page
    assert 'src="/voicemail/call-2-m.wav"' not in page, "there is no recording of it"
    assert "&lt;b&gt;Ivan&lt;/b&gt;" in page


async def test_a_recorded_conversation_is_shown_with_its_agent_and_a_player(office: Office, tmp_path: Path) -> None:
    _, body, _ = await office.get("/voicemail")
    assert "Recorded conversations" not in body.decode(), "where none is"
    (tmp_path / "messages" / "call-5-conversation.wav").write_bytes(SOUND)
    here = RecordedConversation(
        recording="call-5-conversation",
        at=office.service.now(),
        length_ms=3_723_000,
        number="+380501110001",
        name="<b>Ivan</b>",
        queue="cards",
        agent="olena",
    )
    office.kept.recorded = [here, replace(here, recording="call-6-conversation")]
    _, body, _ = await office.get("/voicemail")
    page = body.decode()
    assert "Recorded conversations" in page
    assert "&lt;b&gt;Ivan&lt;/b&gt; +380501110001" in page
    assert office.service.site.agents["olena"].name in page
    assert "62:03" in page
    assert 'src="/voicemail/call-5-conversation.wav"' in page
    assert 'src="/voicemail/call-6-conversation.wav"' not in page, "Twilio has not given it yet"
    assert (await office.get("/voicemail/call-5-conversation.wav"))[:2] == (200, SOUND)


async def test_a_page_without_messages_says_so(office: Office) -> None:
    _, body, _ = await office.get("/voicemail")
    assert "Nobody has left a message" in body.decode()


async def test_a_recording_is_given_whole_or_in_the_part_that_was_asked_for(office: Office) -> None:
    assert await office.get("/voicemail/call-1-m.wav") == (200, SOUND, "audio/wav")
    status, body, _ = await office.get("/voicemail/call-1-m.wav", Range="bytes=4-9")
    assert (status, body) == (206, SOUND[4:10])
    status, _, _ = await office.get("/voicemail/call-1-m.wav", Range="bytes=9999-")
    assert status == 416


@pytest.mark.parametrize(
    "name",
    ["call-9-m", "..%2Fsecret", "%2e%2e%2fsecret", "../secret", "call-1-m%00", "%2Fetc%2Fpasswd", "x" * 300, "%C3%A9"],
)
async def test_what_is_no_message_is_not_found(office: Office, name: str) -> None:
    status, body, _ = await office.get(f"/voicemail/{name}.wav")
    assert status == 404
    assert HIDDEN not in body


async def test_a_message_is_marked_as_heard_and_no_other_site_can_have_it_marked(office: Office) -> None:
    office.kept.left = [left(office.service)]
    mark = f"{office.address}/voicemail/call-1-m/heard"
    async with office.client.post(mark, headers={"Origin": "https://elsewhere.example"}) as answer:
        assert answer.status == 403
    assert office.kept.left[0].heard_by == ""
    async with office.client.post(mark, headers={"Origin": office.address}) as answer:
        page = await answer.text()
    assert office.kept.left[0].heard_by == "supervisor"
    assert "Mark as heard" not in page
    assert "Supervisor, " in page
    unknown = f"{office.address}/voicemail/call-9-m/heard"
    async with office.client.post(unknown, headers={"Origin": office.address}) as answer:
        assert answer.status == 404


async def test_a_database_that_is_away_is_said_to_be(office: Office) -> None:
    office.kept.is_away = True
    status, _, _ = await office.get("/voicemail")
    assert status == 503


async def test_where_there_are_passwords_only_the_supervisor_listens(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        office = await serve(stack, tmp_path, WebSettings(sign_in=SignIn.PASSWORD))
        status, _, _ = await office.get("/voicemail")
        assert status == 303, "to where one signs in"
        status, body, _ = await office.get("/voicemail/call-1-m.wav")
        assert (status, SOUND in body) == (403, False)
