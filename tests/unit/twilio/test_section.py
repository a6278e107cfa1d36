"""The section “twilio” of site.yaml: what is wrong with it is said with its place; what is right is read."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from config.loader import load_site
from cti.service.ports import LineError
from cti.twilio.secrets import read_credentials
from tests.unit.config.sites import BANK, expected_at, refused

ACCOUNT = "AC" + "0" * 32


def office(folder: Path) -> Path:
    return shutil.copytree(BANK.parent / "twilio", folder / "office")


WRONG = [
    ("https://calls.example.com/twilio", "‸http://calls.example.com", "begins with https:// and ends without a slash"),
    ("https://calls.example.com/twilio", "‸https://calls.example.com/twilio/", "ends without a slash"),
    ("https://calls.example.com/twilio", "‸https://me:pass@calls.example.com", "begins with https://"),
    ('"+15550100200"', '‸"0441234567"', "a number with its country"),
    ("endpoint: sip:{agent}@", "endpoint: ‸PJSIP/{agent}@", "a phone that Twilio can ring"),
    ("endpoint: sip:{agent}@", "endpoint: ‸sip:everybody@", "agents would have the same phone; write {agent}"),
    (
        "  endpoint: sip:{agent}@harbour.sip.twilio.com\n",
        "",
        "nothing says how “anna” is rung; add “endpoint” to the section “twilio”",
    ),
    ("languages: [en, uk]", "languages: [en, uk, el]", "nobody speaks “el” at Twilio; say who does: voices: {el:"),
    ("    en: {language: en-GB", "    ‸fr: {language: en-GB", "“fr” is no language of the site"),
    ("secret_file: twilio.secret", "secret_file: ‸../twilio.secret", "a file inside the site's folder"),
    ("  listen:", "  api: ‸https://api.example.com\n  listen:", "write Twilio's API in a region"),
    ("  listen:", "  api: ‸https://twilio.com.example.com\n  listen:", "write Twilio's API in a region"),
    ("  listen:", "  api: ‸http://api.twilio.com\n  listen:", "write Twilio's API in a region"),
]


@pytest.mark.parametrize(("old", "new", "message"), WRONG)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, old: str, new: str, message: str) -> None:
    site = office(tmp_path)
    place = expected_at(site, "site.yaml", old, new)
    findings = str(refused(site))
    assert place in findings
    assert message in findings


def test_a_phone_on_twilio_without_twilio_is_a_mistake(tmp_path: Path) -> None:
    site = office(tmp_path)
    path = site / "site.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: text.index("twilio:\n")], encoding="utf-8")
    assert "the site has no Twilio; add a section “twilio”, or take this out" in str(refused(site))


def test_what_is_left_out_has_a_value(tmp_path: Path) -> None:
    site = load_site(office(tmp_path))
    assert site.twilio is not None
    assert (site.twilio.voices["en"].voice, site.twilio.voices["uk"].language) == ("Polly.Amy", "uk-UA")
    assert site.agents["anna"].twilio_phone == "sip:anna@harbour.sip.twilio.com"
    assert site.agents["iryna"].twilio_phone == "+380501110009"
    assert site.twilio.music.endswith(".mp3")
    assert site.twilio.api == "https://api.twilio.com"


@pytest.mark.parametrize(
    "content", [None, "", ACCOUNT, f"4f6b2\n{ACCOUNT}\n", f"{ACCOUNT}\n4f6b2\nmore\n", b"4f6b2\xff\xfe"]
)
def test_secrets_that_are_none_are_refused_without_showing_them(tmp_path: Path, content: str | bytes | None) -> None:
    folder = office(tmp_path)
    secret = folder / "twilio.secret"
    if content is not None:
        secret.write_bytes(content if isinstance(content, bytes) else content.encode())
    twilio = load_site(folder).twilio
    assert twilio is not None
    with pytest.raises(LineError) as error:
        read_credentials(twilio)
    assert "twilio.secret" in str(error.value)
    assert "4f6b2" not in str(error.value)


def test_secrets_are_read_and_not_shown(tmp_path: Path) -> None:
    folder = office(tmp_path)
    (folder / "twilio.secret").write_text(f"{ACCOUNT}\nthe token\n", encoding="utf-8")
    twilio = load_site(folder).twilio
    assert twilio is not None
    credentials = read_credentials(twilio)
    assert (credentials.account, credentials.token) == (ACCOUNT, "the token")
    assert "the token" not in repr(credentials)
