"""What a floor page may say, as typed messages; and what each means to the centre."""

from __future__ import annotations

from typing import Annotated

import msgspec

from centre import events
from centre.calls import Phase
from cti.web.languages import Language
from cti.web.service import Service

Code = Annotated[str, msgspec.Meta(max_length=200)]


class Withdraw(msgspec.Struct, tag_field="type", tag="withdraw", forbid_unknown_fields=True):
    """I take this call out of its queue."""

    call: Code
    queue: Code = ""
    """Into this queue, with the time it has waited; empty: on in its menu."""


_decoder = msgspec.json.Decoder(Withdraw)

_CAN_BE_TAKEN_OUT = (Phase.WAITING, Phase.OFFERED, Phase.CALLBACK, Phase.DIALLING)


class Refused(Exception):
    """The wish cannot be granted; the text, in the reader's language, says why."""


def to_event(text: str, by: str, service: Service, language: Language) -> events.Event:
    """The event that a message of the supervisor ``by`` means. Raises :class:`Refused`."""
    try:
        message = _decoder.decode(text)
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        raise Refused(language.text("The floor did not understand this. Please reload the page.")) from None
    call = service.centre.call(message.call)
    if call is None or call.phase not in _CAN_BE_TAKEN_OUT:
        raise Refused(language.text("This call does not wait any more."))
    if message.queue and message.queue not in service.site.queues:
        raise Refused(language.text("There is no such queue."))
    return events.CallWithdrawn(call=message.call, by=by, queue=message.queue)
