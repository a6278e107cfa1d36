"""What a flow wants of a caller or of another system, as an order to the line or a request, with the call's name."""

from __future__ import annotations

from centre.calls import Call, Phase
from centre.effects import Ask, CallOutside, FetchData, LookUpCustomer, Speak, TakeMessage
from ivr import messages

Wanted = (
    messages.Speak
    | messages.Ask
    | messages.FetchData
    | messages.LookUpCustomer
    | messages.TakeMessage
    | messages.CallOutside
)
"""Effects of a flow that it waits on for an answer from outside the centre."""


def order_for(call: Call, wanted: Wanted) -> Speak | Ask | FetchData | LookUpCustomer | TakeMessage | CallOutside:
    """The order, or the request."""
    name, node, in_queue = call.record.call, call.session.node, call.phase is Phase.WAITING
    match wanted:
        case messages.Speak():
            return Speak(
                call=name,
                step=wanted.step,
                prompts=wanted.prompts,
                values=wanted.values,
                language=wanted.language,
                barge_in=wanted.barge_in,
                in_queue=in_queue,
            )
        case messages.Ask():
            return Ask(
                call=name,
                step=wanted.step,
                prompts=wanted.prompts,
                values=wanted.values,
                language=wanted.language,
                keys=wanted.keys,
                node=node,
                in_queue=in_queue,
            )
        case messages.FetchData():
            return FetchData(
                call=name,
                step=wanted.step,
                node=node,
                service=wanted.service,
                path=wanted.path,
                query=wanted.query,
                json=wanted.json,
                secrets=wanted.secrets,
                take=wanted.take,
                timeout_ms=wanted.timeout_ms,
            )
        case messages.LookUpCustomer():
            return LookUpCustomer(call=name, step=wanted.step, node=node, number=wanted.number)
        case messages.TakeMessage():
            return TakeMessage(
                call=name,
                step=wanted.step,
                message=wanted.message,
                prompts=wanted.prompts,
                values=wanted.values,
                language=wanted.language,
                longest_ms=wanted.longest_ms,
                silence_ms=wanted.silence_ms,
                keys=wanted.keys,
                beep=wanted.beep,
                into=wanted.into,
                sensitive=wanted.sensitive,
            )
        case messages.CallOutside():
            return CallOutside(
                call=name,
                step=wanted.step,
                prompts=wanted.prompts,
                values=wanted.values,
                language=wanted.language,
                number=wanted.number,
                ring_ms=wanted.ring_ms,
            )
