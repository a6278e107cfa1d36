"""What a desk page may say, as typed messages; and what each means to the centre."""

from __future__ import annotations

from typing import Annotated

import msgspec

from acd.effects import AgentState
from acd.state import AgentView
from centre import events
from config.site import Site
from cti.web.languages import Language

MORE_WRAP_UP_MS = 30_000
Code = Annotated[str, msgspec.Meta(max_length=64)]
Note = Annotated[str, msgspec.Meta(max_length=4_000)]


class _Message(msgspec.Struct, tag_field="type", forbid_unknown_fields=True):
    pass


class Ready(_Message, tag="ready"):
    """I want calls."""


class NotReady(_Message, tag="not_ready"):
    """I want no calls."""

    reason: Code


class Accept(_Message, tag="accept"):
    """I take the call that rings."""


class Decline(_Message, tag="decline"):
    """I do not take it."""


class HoldCaller(_Message, tag="hold"):
    """Music to the caller."""


class RetrieveCaller(_Message, tag="retrieve"):
    """The caller back to me."""


class HangUp(_Message, tag="hang_up"):
    """The conversation is over."""


class NoteSoFar(_Message, tag="note"):
    """What I have written so far."""

    call: Code
    disposition: Code
    note: Note


class WrapUpDone(_Message, tag="wrap_up_done"):
    """I am done with the call."""

    call: Code
    disposition: Code
    note: Note


class ExtendWrapUp(_Message, tag="extend_wrap_up"):
    """I need more time."""


class SignOut(_Message, tag="sign_out"):
    """I go home, after the call if there is one."""


Message = (
    Ready
    | NotReady
    | Accept
    | Decline
    | HoldCaller
    | RetrieveCaller
    | HangUp
    | NoteSoFar
    | WrapUpDone
    | ExtendWrapUp
    | SignOut
)

_decoder: msgspec.json.Decoder[Message] = msgspec.json.Decoder(Message)

_A_CALL = frozenset({AgentState.TALKING, AgentState.HOLD})


class Refused(Exception):
    """The wish cannot be granted; the text, in the reader's language, says why."""


def to_event(text: str, view: AgentView, site: Site, language: Language) -> events.Event:
    """The event that a message of the agent in ``view`` means. Raises :class:`Refused`."""
    try:
        message = _decoder.decode(text)
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        raise Refused(language.text("The desk did not understand this. Please reload the page.")) from None
    agent, state = view.id, view.state
    match message:
        case Ready():
            return events.AgentReady(agent=agent)
        case NotReady(reason=reason):
            _demand(reason in site.not_ready_reasons, language.text("There is no such reason."))
            return events.AgentNotReady(agent=agent, reason=reason)
        case Accept():
            _demand(state is AgentState.OFFERED, language.text("There is no call to accept any more."))
            return events.OfferAccepted(agent=agent)
        case Decline():
            _demand(state is AgentState.OFFERED, language.text("There is no call to decline any more."))
            return events.OfferDeclined(agent=agent)
        case HoldCaller():
            _demand(state is AgentState.TALKING, language.text("There is nobody to put on hold."))
            return events.HoldAsked(agent=agent)
        case RetrieveCaller():
            _demand(state is AgentState.HOLD, language.text("There is nobody on hold."))
            return events.RetrieveAsked(agent=agent)
        case HangUp():
            _demand(state in _A_CALL, language.text("The call is over already."))
            return events.HangUpAsked(agent=agent)
        case NoteSoFar() | WrapUpDone():
            return _written(message, view, site, language)
        case ExtendWrapUp():
            _demand(state is AgentState.WRAP_UP, language.text("This call is closed already."))
            return events.WrapUpExtended(agent=agent, extra_ms=MORE_WRAP_UP_MS)
        case SignOut():
            return events.AgentSignedOut(agent=agent)


def _written(message: NoteSoFar | WrapUpDone, view: AgentView, site: Site, language: Language) -> events.Event:
    """What was written is about a call by its id: a note sent too late must not land on the next caller's card."""
    is_done = isinstance(message, WrapUpDone)
    is_open = view.state is AgentState.WRAP_UP or (view.state in _A_CALL and not is_done)
    _demand(is_open and view.call == message.call, language.text("This call is closed already."))
    is_result = not message.disposition or message.disposition in site.dispositions
    _demand(is_result, language.text("There is no such result."))
    if is_done:
        return events.WrapUpFinished(agent=view.id, disposition=message.disposition, note=message.note)
    return events.CallNoted(agent=view.id, disposition=message.disposition, note=message.note)


def _demand(condition: bool, why: str) -> None:
    if not condition:
        raise Refused(why)
