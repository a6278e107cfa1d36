"""Why an agent is not ready, in words: the site's own reasons, and those that the engine gives."""

from __future__ import annotations

from acd.effects import MISSED_CALLS, OWN_CALL
from config.site import Site
from cti.web.languages import Language

DESK_CLOSED = "desk-closed"
"""The agent's last desk page is gone."""


def reason_title(site: Site, language: Language, code: str) -> str:
    """The reason in the reader's words; an unknown code as it is, an empty one as nothing."""
    if code in site.not_ready_reasons:
        return language.pick(site.not_ready_reasons[code])
    own = {
        "signed-in": language.text("Just signed in"),
        MISSED_CALLS: language.text("Missed calls"),
        OWN_CALL: language.text("A call of one's own"),
        DESK_CLOSED: language.text("Desk closed"),
    }
    return own.get(code, code)
