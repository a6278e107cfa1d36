"""site.yaml, ``virtual``, ``asterisk`` and ``twilio``: the lines that calls come by."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from config.schema.values import (
    E164,
    FileName,
    Host,
    Language,
    Line,
    Model,
    Name,
    Phone,
    Port,
    TwilioApi,
    TwilioPhone,
    WebAddress,
    shaped,
)


class VirtualModel(Model):
    """The in-process exchange of `holdless serve`."""

    calls_per_hour: float = Field(default=0.0, ge=0, le=100_000, description="Simulated callers; 0 for silence.")
    played: list[Name] = Field(
        default_factory=list, description="Agents that the machine plays; the others wait for you."
    )


class AmiModel(Model):
    """Asterisk's manager interface."""

    host: Host = "127.0.0.1"
    port: Port = 5038
    user: Line
    secret_file: FileName = Field(description="A file in the site's folder that holds the password alone.")


class FastAgiModel(Model):
    """Where Holdless listens for Asterisk's FastAGI requests."""

    host: Host = "127.0.0.1"
    port: Port = 4573


class AsteriskModel(Model):
    """The Asterisk of `holdless serve --line asterisk`."""

    ami: AmiModel
    fastagi: FastAgiModel = FastAgiModel()
    endpoint: Phone = Field(default="PJSIP/{agent}", description="How an agent's phone is dialled.")
    trunk: Phone | None = Field(
        default=None, description="How a number outside is dialled, such as PJSIP/{number}@carrier."
    )


class ListenModel(Model):
    """Where Holdless listens for Twilio's requests, behind the web server that has the public address."""

    host: Host = "127.0.0.1"
    port: Port = 8081


_IS_LOCALE = shaped(r"^[a-z]{2,3}-[A-Za-z0-9]{2,4}$", "a language and a country, such as uk-UA")
_IS_VOICE = shaped(r"^[A-Za-z0-9._-]{1,80}$", "a voice as Twilio names it, such as Google.uk-UA-Standard-A")


class VoiceModel(Model):
    """Who speaks a language, where a prompt has no recording."""

    language: Annotated[str, _IS_LOCALE]
    voice: Annotated[str, _IS_VOICE] | None = None


class TwilioModel(Model):
    """The Twilio account of `holdless serve --line twilio`."""

    secret_file: FileName = Field(
        description="A file in the site's folder with two lines: the Account SID and the Auth Token."
    )
    shared_key_file: FileName | None = Field(
        default=None, description="A file with the secret of a shared key, where Twilio signs its requests with one."
    )
    public_url: WebAddress = Field(description="Where Twilio reaches Holdless, as Twilio is to write it.")
    fallback_url: WebAddress | None = Field(
        default=None, description="What Twilio asks where that fails: a TwiML Bin; Holdless itself if left out."
    )
    api: TwilioApi = Field(
        default="https://api.twilio.com", description="Twilio's API: that of the region where the account's calls are."
    )
    listen: ListenModel = ListenModel()
    caller_id: E164 = Field(description="Your Twilio number that phones, customers and numbers outside are rung from.")
    endpoint: TwilioPhone | None = Field(
        default=None, description="How an agent's phone is dialled, such as sip:{agent}@example.sip.twilio.com."
    )
    music: WebAddress | None = Field(default=None, description="A sound file for who waits; Twilio's own if left out.")
    voices: dict[Language, VoiceModel] = Field(default_factory=dict, description="Who speaks, by language.")
