"""site.yaml, ``virtual`` and ``asterisk``: the lines that calls come by."""

from __future__ import annotations

from pydantic import Field

from config.schema.values import FileName, Host, Line, Model, Name, Phone, Port


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
