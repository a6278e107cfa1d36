"""Prompts with marks, as Twilio gets them."""

from __future__ import annotations

import inspect
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path

from twilio.twiml import TwiML, voice_response
from twilio.twiml.voice_response import Say, VoiceResponse

from centre.machine import Centre
from centre.orders import HangUp
from config.loader import load_site
from cti.snapshots.codec import Kept, decode, encode
from cti.twilio.addresses import Addresses
from cti.twilio.calls import TwilioCall
from cti.twilio.documents import Documents
from cti.twilio.speech import speak
from ivr.aloud import read_ssml, with_values
from ivr.aloud.marks import ANYWHERE, MARKS
from tests.twilio.standin.lint import checked

EXAMPLE = Path(__file__).parents[3] / "config" / "examples" / "twilio"

_OWN = {"break_": "break", "say_as": "say-as"}


def taken_by(kind: type[TwiML]) -> frozenset[str]:
    """What the library lets stand in an element."""
    own = set(vars(kind)) - set(vars(TwiML))
    return frozenset(_OWN.get(name, name) for name in own if inspect.isfunction(getattr(kind, name)))


def test_marks_stand_in_each_other_as_the_helper_library_of_twilio_lets_them() -> None:
    assert taken_by(Say) == ANYWHERE == frozenset(MARKS)
    for name, mark in MARKS.items():
        kind = getattr(voice_response, "Ssml" + "".join(part.title() for part in name.split("-")))
        assert taken_by(kind) == mark.inside, name


def test_a_prompt_with_marks_is_spoken_with_them_and_with_its_values() -> None:
    markup = read_ssml(
        'Code <say-as interpret-as="digits">{code:digits}</say-as>.<break time="1s"/> '
        '<lang xml:lang="uk-UA">Дякуємо</lang> &amp; <sub alias="goodbye">bye</sub>'
    ).markup
    response = VoiceResponse()
    speak(response.say(voice="Polly.Amy"), with_values(markup, "en", {"code": "47<11>"}))
    assert response.to_xml(xml_declaration=False) == (
        '<Response><Say voice="Polly.Amy">Code <say-as interpret-as="digits">four seven one one</say-as>.'
        '<break time="1s" /> <lang xml:lang="uk-UA">Дякуємо</lang> &amp; <sub alias="goodbye">bye</sub>'
        "</Say></Response>"
    )


def test_a_prompt_is_spoken_with_its_marks_where_it_has_no_recording(tmp_path: Path) -> None:
    folder = shutil.copytree(EXAMPLE, tmp_path / "office")
    order = HangUp(call="twilio-CA1", prompts=("main",), language="en")

    def said() -> ET.Element:
        documents = Documents(load_site(folder), Addresses("https://calls.example.com/twilio", "", 0))
        return checked(documents.next(TwilioCall(id="twilio-CA1", wants=order)))[0]

    assert [mark.tag for mark in said()] == ["break", "break"]
    assert "".join(said().itertext()).startswith("For bookings press one.  Для української")
    site = folder / "site.yaml"
    site.write_text(site.read_text("utf-8").replace(", voice: Polly.Amy", ""), encoding="utf-8")
    assert list(said()) == [], "Twilio's basic voices know no marks"
    assert (said().text or "").startswith("For bookings press one")
    recording = folder / "prompts" / "en" / "main.wav"
    recording.parent.mkdir(parents=True)
    recording.touch()
    assert said().tag == "Play"


def test_a_snapshot_keeps_prompts_with_their_marks() -> None:
    site = load_site(EXAMPLE)
    kept = decode(encode(Kept(centre=Centre(site.centre), prompts=site.prompts)))
    assert kept.prompts["main"]["en"].ssml == site.prompts["main"]["en"].ssml != ()
