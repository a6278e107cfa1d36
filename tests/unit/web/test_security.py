"""Which requests are turned away, and what every answer tells the browser."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest
from yarl import URL

from cti.web.settings import SignIn, WebError, WebSettings
from tests.unit.web.conftest import Serve, Site


@pytest.mark.parametrize("path", ["/", "/sign-in", "/floor", "/floor/menus", "/healthz", "/no/such/page"])
async def test_every_answer_forbids_what_pages_do_not_need(site: Site, path: str) -> None:
    answer = await site.client.get(f"{site.address}{path}")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "aiohttp" not in answer.headers["Server"]


@pytest.mark.parametrize("path", ["/", "/sign-in", "/floor", "/floor/menus"])
async def test_no_page_has_scripts_or_styles_written_into_it(site: Site, path: str) -> None:
    page = await (await site.client.get(f"{site.address}{path}")).text()
    assert "<style" not in page
    assert "style=" not in page
    assert "onclick" not in page
    for script in page.split("<script")[1:]:
        assert "src=" in script.partition(">")[0]
        assert script.partition(">")[2].startswith("</script>")


async def test_a_name_that_is_not_ours_gets_nothing(site: Site) -> None:
    answer = await site.client.get(f"{site.address}/", headers={"Host": "attacker.example"})
    assert answer.status == 421
    assert "Holdless" not in await answer.text()


@pytest.mark.parametrize("origin", [None, "null", "http://attacker.example", "https://127.0.0.1", "http://127.0.0.1"])
async def test_a_socket_opens_for_our_own_pages_only(site: Site, origin: str | None) -> None:
    assert (await site.sign_in("olena")).status == 303
    headers = {} if origin is None else {"Origin": origin}
    for path in ("/desk/socket", "/floor/socket"):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await site.client.ws_connect(f"{site.address}{path}", headers=headers)
        assert refused.value.status == 403


async def test_a_desk_opens_for_who_is_signed_in_only(site: Site) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await site.desk()
    assert refused.value.status == 403
    answer = await site.client.get(f"{site.address}/desk", allow_redirects=False)
    assert answer.headers["Location"] == "/sign-in?next=/desk"
    await site.sign_in("olena")
    desk = await site.desk()
    assert (await desk.state("not-ready"))["agent"]["name"] == "Olena Kovalenko"
    await desk.socket.close()


async def test_another_site_cannot_sign_anybody_in_or_switch_the_language(site: Site) -> None:
    for path in ("/sign-in", "/sign-out", "/language"):
        for headers in ({}, {"Origin": "http://attacker.example"}):
            answer = await site.client.post(f"{site.address}{path}", data={"user": "olena"}, headers=headers)
            assert answer.status == 403


async def test_a_form_without_its_token_signs_nobody_in(site: Site) -> None:
    for token in ("", "guessed"):
        answer = await site.sign_in("olena", token=token)
        assert answer.status == 403
        assert "open for too long" in await answer.text()
    assert "holdless" not in {cookie.key for cookie in site.client.cookie_jar}


FORM, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"user=\xff&language=\xff", {"Content-Type": FORM}),
        (b"user=olena&language=uk", {"Content-Type": f"{FORM}; charset=nonsense"}),
        (b"user=olena&token=?&language=xx", {"Content-Type": FORM}),
        (b"user=olena&token=?&language=xx", {"Content-Type": FORM, "Cookie": "holdless-form=\xff"}),
        (b"--x\r\nContent-Disposition: form-data; name=language\r\n\r\n\xff\r\n--x--", {"Content-Type": MULTIPART}),
        (b"--x\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n--y--\r\n--x--", {"Content-Type": MULTIPART}),
        (b"user=olena", {}),
    ],
    ids=["no UTF-8", "no encoding", "guessed", "odd cookie", "parts", "parts of parts", "no kind"],
)
@pytest.mark.parametrize("path", ["/sign-in", "/language"])
async def test_what_is_no_form_of_ours_is_refused_without_a_traceback(
    site: Site, caplog: pytest.LogCaptureFixture, path: str, body: bytes, headers: dict[str, str]
) -> None:
    host, _, port = site.address.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    lines = {"Host": f"{host}:{port}", "Origin": site.address, "Content-Length": str(len(body)), **headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    writer.write(f"POST {path} HTTP/1.1\r\n{head}Connection: close\r\n\r\n".encode("latin-1") + body)
    status = int((await reader.read()).split(b" ")[1])
    writer.close()
    await writer.wait_closed()
    assert status in {400, 403}
    assert caplog.records == []


async def test_the_ticket_is_out_of_reach_for_scripts_and_other_sites(site: Site) -> None:
    answer = await site.sign_in("olena")
    cookie = next(line for line in answer.headers.getall("Set-Cookie") if line.startswith("holdless="))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


async def test_beyond_this_machine_the_cookie_insists_on_https(serve: Serve) -> None:
    site = await serve(WebSettings(origins=("https://desk.example.com",)))
    answer = await site.client.get(f"{site.address}/sign-in", headers={"Host": "desk.example.com"})
    assert all("Secure" in line for line in answer.headers.getall("Set-Cookie"))


@pytest.mark.parametrize("wanted", ["https://attacker.example", "//attacker.example", "/\\attacker.example", "desk"])
async def test_nobody_is_sent_to_another_site_after_signing_in(site: Site, wanted: str) -> None:
    answer = await site.sign_in("olena", next=wanted)
    assert answer.headers["Location"] == "/"


async def test_looking_changes_nothing(site: Site) -> None:
    await site.sign_in("olena")
    for path in ("/", "/desk", "/floor", "/healthz", "/sign-in"):
        await site.client.get(f"{site.address}{path}")
    for path in ("/sign-out", "/language"):
        assert (await site.client.get(f"{site.address}{path}")).status == 405
    assert site.service.told == []
    assert (await site.client.get(f"{site.address}/desk", allow_redirects=False)).status == 200


@pytest.mark.parametrize("path", ["../pages.py", "%2e%2e/pages.py", "css/../../pages.py", "..%2fpages.py", "%00"])
async def test_static_files_are_all_one_gets_from_their_folder(site: Site, path: str) -> None:
    page = await (await site.client.get(f"{site.address}/")).text()
    folder = page.partition('href="/static/')[2].partition("/")[0]
    answer = await site.client.get(f"{site.address}/static/{folder}/web/{path}")
    assert answer.status in {403, 404}
    assert "import" not in await answer.text()


async def test_what_somebody_writes_into_an_address_begins_no_line_of_the_log(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    page = await (await site.client.get(f"{site.address}/")).text()
    folder = page.partition('href="/static/')[2].partition("/")[0]
    monkeypatch.setattr("cti.web.pages.languages", dict[str, str]().popitem)  # fails
    address = URL(f"{site.address}/static/{folder}/messages/x%0AERROR.json", encoded=True)
    assert (await site.client.get(address)).status == 500
    assert ["\n" in record.getMessage() for record in caplog.records] == [False]


async def test_static_files_may_be_kept_because_their_address_changes_with_them(site: Site) -> None:
    page = await (await site.client.get(f"{site.address}/")).text()
    style = page.partition('stylesheet" href="')[2].partition('"')[0]
    answer = await site.client.get(f"{site.address}{style}")
    assert answer.status == 200
    assert "immutable" in answer.headers["Cache-Control"]


async def test_scripts_come_as_scripts(site: Site) -> None:
    page = await (await site.client.get(f"{site.address}/floor")).text()
    script = page.partition('type="module" src="')[2].partition('"')[0]
    module = script.replace("floor/js/main.js", "web/vendor/preact.mjs")
    for address in (script, module):
        answer = await site.client.get(f"{site.address}{address}")
        assert answer.content_type in {"text/javascript", "application/javascript"}


async def test_an_unknown_page_is_refused_in_the_readers_language(site: Site) -> None:
    answer = await site.client.get(f"{site.address}/nowhere", headers={"Accept-Language": "uk"})
    assert answer.status == 404
    assert "Такої сторінки немає" in await answer.text()


async def test_a_fault_of_ours_is_told_by_a_code_and_nothing_else(site: Site) -> None:
    def broken() -> None:
        raise RuntimeError("the password of the database is swordfish")

    site.service.health = broken  # type: ignore[assignment,method-assign]
    answer = await site.client.get(f"{site.address}/")
    page = await answer.text()
    assert answer.status == 500
    assert "Something went wrong on our side" in page
    assert "swordfish" not in page


def test_signing_in_by_name_alone_is_for_this_machine_only() -> None:
    WebSettings().check("127.0.0.1")
    WebSettings().check("::1")
    with pytest.raises(WebError, match="allowed only on this machine"):
        WebSettings().check("0.0.0.0")
    with pytest.raises(WebError, match="under which address browsers open them"):
        WebSettings(sign_in=SignIn.PASSWORD).check("192.0.2.1")
    WebSettings(sign_in=SignIn.PASSWORD, origins=("https://desk.example.com",)).check("192.0.2.1")


@pytest.mark.parametrize("origin", ["desk.example.com", "https://desk.example.com/", "ftp://desk.example.com"])
def test_an_origin_is_a_scheme_and_a_host(origin: str) -> None:
    with pytest.raises(WebError, match="is no origin"):
        WebSettings(origins=(origin,)).check("127.0.0.1")
