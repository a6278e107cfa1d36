"""The section ``twilio`` of a site, from its checked model to what the line reads."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from config.schema.lines import TwilioModel
from config.schema.site import SiteModel
from config.site import Twilio, Voice

MUSIC = "http://com.twilio.music.classical.s3.amazonaws.com/BusyStrings.mp3"
"""One of the sound files that Twilio has for callers who wait."""

VOICES: Mapping[str, Voice] = {
    "de": Voice(language="de-DE"),
    "en": Voice(language="en-US"),
    "es": Voice(language="es-ES"),
    "fr": Voice(language="fr-FR"),
    "it": Voice(language="it-IT"),
    "pl": Voice(language="pl-PL"),
    "pt": Voice(language="pt-PT"),
    "ru": Voice(language="ru-RU"),
    "uk": Voice(language="uk-UA", voice="Google.uk-UA-Standard-A"),  # Twilio's basic voices have no Ukrainian
}
"""Who speaks where the site does not say."""


def build_twilio(folder: Path, site: SiteModel) -> Twilio | None:
    """What the line goes by; None for a site without Twilio."""
    model = site.twilio
    if model is None:
        return None
    said = {name: Voice(language=voice.language, voice=voice.voice or "") for name, voice in model.voices.items()}
    return Twilio(
        secret_file=folder / model.secret_file,
        shared_key_file=None if model.shared_key_file is None else folder / model.shared_key_file,
        public_url=model.public_url,
        fallback_url=model.fallback_url or f"{model.public_url}/fallback",
        api=model.api,
        host=model.listen.host,
        port=model.listen.port,
        caller_id=model.caller_id,
        music=model.music or MUSIC,
        voices={**VOICES, **said},  # callers may be in a menu of before in a language that is the site's no more
    )


def twilio_phone(name: str, phone: str | None, twilio: TwilioModel | None) -> str:
    """What Twilio dials for the agent *name*; empty on a site without Twilio."""
    if twilio is None:
        return ""
    return phone or (twilio.endpoint or "").replace("{agent}", name)
