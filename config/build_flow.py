"""From a checked flow file to the flow that runs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from config.schema.flows import (
    AttemptsModel,
    CollectKeysModel,
    CollectModel,
    FlowModel,
    HangUpModel,
    HoursModel,
    LanguageModel,
    MenuKeysModel,
    MenuModel,
    NodeModel,
    QueueNodeModel,
    SayModel,
    TagModel,
    TransferModel,
    VoicemailModel,
)
from ivr.flow import (
    Attempts,
    Choice,
    Collect,
    Flow,
    HangUp,
    Hours,
    KeyRules,
    Menu,
    Node,
    Queue,
    Say,
    SetLanguage,
    Tag,
    Transfer,
    Voicemail,
)
from ivr.hours import Calendar


def build_flow(name: str, model: FlowModel, calendars: Mapping[str, Calendar]) -> Flow:
    """The flow; its digest covers the opening hours it asks for too, since they decide where a call goes."""
    used = sorted({node.calendar for node in model.nodes.values() if isinstance(node, HoursModel)})
    content = "\n".join([name, model.model_dump_json(), *(_hours_text(calendars[calendar]) for calendar in used)])
    return Flow(
        id=name,
        digest=hashlib.sha256(content.encode()).hexdigest()[:32],
        start=model.start,
        language=model.language,
        nodes={node: _node(body, calendars) for node, body in model.nodes.items()},
    )


def _hours_text(calendar: Calendar) -> str:
    week = sorted(calendar.week.items())
    exceptions = sorted(calendar.exceptions.items())
    return f"{calendar.id} {calendar.zone} {week} {exceptions}"


def _node(model: NodeModel, calendars: Mapping[str, Calendar]) -> Node:
    match model:
        case SayModel():
            return Say(prompt=model.prompt, next=model.next, barge_in=model.barge_in)
        case MenuModel():
            return Menu(
                prompt=model.prompt,
                choices={
                    key: Choice(next=choice.next, label=choice.label or {}) for key, choice in model.choices.items()
                },
                otherwise=model.otherwise,
                keys=_one_key(model.keys),
                attempts=_attempts(model.attempts),
            )
        case CollectModel():
            return Collect(
                prompt=model.prompt,
                into=model.into,
                next=model.next,
                otherwise=model.otherwise,
                label=model.label or {},
                keys=_keys(model.keys),
                attempts=_attempts(model.attempts),
            )
        case LanguageModel():
            return SetLanguage(language=model.language, next=model.next, needs=model.needs)
        case TagModel():
            return Tag(next=model.next, needs=model.needs, priority=model.priority, attributes=model.attributes)
        case HoursModel():
            return Hours(calendar=calendars[model.calendar], open=model.open, closed=model.closed)
        case QueueNodeModel():
            return Queue(
                queue=model.queue,
                otherwise=model.otherwise,
                prompt=model.prompt,
                exits={str(why): edge for why, edge in model.exits.items()},
                keys=model.keys,
            )
        case VoicemailModel():
            return Voicemail(
                prompt=model.prompt,
                next=model.next,
                otherwise=model.otherwise,
                longest_ms=model.longest,
                silence_ms=model.silence,
                shortest_ms=model.shortest,
            )
        case TransferModel():
            return Transfer(number=model.number, otherwise=model.otherwise, prompt=model.prompt, ring_ms=model.ring)
        case HangUpModel():
            return HangUp(prompt=model.prompt)


def _one_key(model: MenuKeysModel) -> KeyRules:
    return KeyRules(terminator="", first_key_ms=model.first_key, barge_in=model.barge_in)


def _keys(model: CollectKeysModel) -> KeyRules:
    return KeyRules(
        least=model.least,
        most=model.most if model.most is not None else model.least,
        terminator=model.terminator,
        first_key_ms=model.first_key,
        next_key_ms=model.next_key,
        barge_in=model.barge_in,
        sensitive=model.sensitive,
    )


def _attempts(model: AttemptsModel) -> Attempts:
    return Attempts(most=model.most, no_input_prompt=model.no_input, no_match_prompt=model.no_match)
