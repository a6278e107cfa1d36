"""What does not fit together in the section ``twilio`` of site.yaml."""

from __future__ import annotations

from config.build_twilio import VOICES
from config.documents import Document
from config.errors import unknown
from config.schema.site import SiteModel


def check_twilio(document: Document, site: SiteModel) -> None:
    """Finds agents whom Twilio could not ring, and languages that nobody would speak."""
    twilio = site.twilio
    if twilio is None:
        for name, agent in site.agents.items():
            if agent.twilio_phone is not None:
                message = "the site has no Twilio; add a section “twilio”, or take this out"
                document.fault(("agents", name, "twilio_phone"), message)
        return
    for language in site.languages:
        if language not in VOICES and language not in twilio.voices:
            message = (
                f"nobody speaks “{language}” at Twilio; say who does: "
                f"voices: {{{language}: {{language: {language}-{language.upper()}}}}}"
            )
            document.fault(("twilio",), message, at_key=True)
    for language in twilio.voices:
        if language not in site.languages:
            message = unknown("language of the site", language, site.languages)
            document.fault(("twilio", "voices", language), message, at_key=True)
    without = [name for name, agent in site.agents.items() if agent.twilio_phone is None]
    if twilio.endpoint is None and without:
        message = (
            f"nothing says how “{without[0]}” is rung; add “endpoint” to the section “twilio”, or “twilio_phone” here"
        )
        document.fault(("agents", without[0]), message, at_key=True)
    if twilio.endpoint is not None and "{agent}" not in twilio.endpoint and len(without) > 1:
        message = "agents would have the same phone; write {agent} where the agent's name goes"
        document.fault(("twilio", "endpoint"), message)
