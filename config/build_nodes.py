"""From one checked node of a flow file to the node that runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import quote

from acd.effects import Exit
from config.build_place import Place
from config.build_questions import built_callback, built_question, built_survey
from config.flow_variables import IN_PATH, names_an_agent
from config.schema.flows import (
    CallbackNodeModel,
    CollectModel,
    HangUpModel,
    HoursModel,
    LanguageModel,
    MenuModel,
    MusicModel,
    NodeModel,
    QueueNodeModel,
    SayModel,
    SurveyModel,
    TagModel,
    TransferModel,
)
from config.schema.logic import (
    BranchModel,
    CallModel,
    GotoModel,
    HttpModel,
    LimitModel,
    LookupModel,
    PaceModel,
    ReturnModel,
    SetModel,
    SplitModel,
)
from config.schema.recordings import RecordModel, VoicemailModel
from ivr.expressions import Constant, Expression, Kind, Variable
from ivr.flow import HangUp, Hours, Node, Queue, Say, SetLanguage, Tag, Transfer
from ivr.logic import WHOLE, Branch, Case, Fetch, Goto, LookUp, Pace, Part, Set, Split, Take
from ivr.recordings import EVERY_KEY, Record, Voicemail
from ivr.waiting import Music

_KEPT_IN_PATH = "/%:@!$&'()*+,;=~"
"""What a path holds as it stands, beside letters, digits, “-”, “.” and “_” (RFC 3986, section 3.3), and what is encoded
already."""


def built_node(place: Place, model: NodeModel) -> Node:  # noqa: PLR0912 - a line for each kind
    """The node, of all kinds but those that :mod:`config.build_flow` makes itself."""
    match model:
        case SayModel():
            return Say(prompt=model.prompt, next=place.node(model.next), barge_in=model.barge_in)
        case MenuModel() | CollectModel():
            return built_question(place, model)
        case SurveyModel():
            return built_survey(place, model)
        case LanguageModel():
            return SetLanguage(language=model.language, next=place.node(model.next), needs=model.needs)
        case TagModel():
            return Tag(
                next=place.node(model.next),
                needs=model.needs,
                priority=model.priority,
                attributes=model.attributes,
                shown={name: place.read(text) for name, text in model.show.items()},
            )
        case HoursModel():
            return Hours(
                calendar=place.calendars[model.calendar],
                open=place.node(model.open),
                closed=place.node(model.closed),
                holiday=None if model.holiday is None else place.node(model.holiday),
            )
        case QueueNodeModel():
            return Queue(
                queue=model.queue,
                otherwise=place.node(model.otherwise),
                prompt=model.prompt,
                waiting=None if model.waiting is None else place.node(model.waiting),
                preferred=None if model.preferred is None else place.read(model.preferred),
                preferred_ms=None if model.preferred_for == "always" else model.preferred_for,
                exits={str(why): place.node(edge) for why, edge in model.exits.items()},
                after=None if model.after is None else place.node(model.after),
            )
        case MusicModel():
            return Music(
                for_ms=model.for_,
                next=None if model.next is None else place.node(model.next),
                keys={key: place.node(edge) for key, edge in model.keys.items()},
            )
        case VoicemailModel() | RecordModel():
            return _recording(place, model)
        case TransferModel():
            return _transfer(place, model)
        case CallbackNodeModel():
            return built_callback(place, model)
        case HangUpModel():
            return HangUp(prompt=model.prompt)
        case _:
            return _thinking(place, model)


def _transfer(place: Place, model: TransferModel) -> Transfer | Queue:
    """To a number outside; or, to an agent, by way of a queue, whose rules decide who is rung when."""
    otherwise = place.node(model.otherwise)
    if model.number is not None:
        return Transfer(number=model.number, otherwise=otherwise, prompt=model.prompt, ring_ms=model.ring)
    assert model.agent is not None, "refused when the flow is checked"
    assert model.queue is not None, "refused when the flow is checked"
    is_name = names_an_agent(model.agent, place.variables)
    exits = {
        Exit.AGENT_BUSY: model.busy,
        Exit.AGENT_AWAY: model.away,
        Exit.AGENT_UNANSWERED: model.unanswered,
        Exit.UNKNOWN_AGENT: model.unknown,
    }
    return Queue(
        queue=model.queue,
        otherwise=otherwise,
        prompt=model.prompt,
        preferred=Constant(model.agent, Kind.TEXT) if is_name else place.read(model.agent),
        direct_ms=model.wait,
        exits={str(why): place.node(edge) for why, edge in exits.items() if edge is not None},
    )


def _recording(place: Place, model: VoicemailModel | RecordModel) -> Voicemail | Record:
    match model:
        case VoicemailModel():
            return Voicemail(
                prompt=model.prompt,
                next=place.node(model.next),
                otherwise=place.node(model.otherwise),
                longest_ms=model.longest,
                silence_ms=model.silence,
                shortest_ms=model.shortest,
            )
        case RecordModel():
            return Record(
                prompt=model.prompt,
                into=model.into,
                variable=place.variables[model.into].name if model.into in place.variables else "",
                next=place.node(model.next),
                otherwise=place.node(model.otherwise),
                longest_ms=model.longest,
                silence_ms=model.silence,
                shortest_ms=model.shortest,
                keys=EVERY_KEY if model.terminator == "any" else model.terminator,
                beep=model.beep,
                sensitive=model.sensitive,
            )


def _thinking(
    place: Place,
    model: BranchModel
    | SplitModel
    | SetModel
    | GotoModel
    | LimitModel
    | PaceModel
    | HttpModel
    | LookupModel
    | CallModel
    | ReturnModel,
) -> Node:
    match model:
        case BranchModel():
            cases = tuple(Case(when=place.read(case.when), next=place.node(case.next)) for case in model.cases)
            return Branch(cases=cases, otherwise=place.node(model.otherwise))
        case SplitModel():
            return Split(
                parts=tuple(Part(share=round(part.share * WHOLE), next=place.node(part.next)) for part in model.parts)
            )
        case SetModel():
            values = {place.variables[name].name: place.read(text) for name, text in model.values.items()}
            return Set(values=values, next=place.node(model.next))
        case GotoModel():
            return Goto(next=place.node(model.next), most=model.most, otherwise=place.node(model.otherwise))
        case PaceModel():
            return Pace(times=model.times, next=place.node(model.next))
        case HttpModel():
            return _fetch(place, model)
        case LookupModel():
            return LookUp(
                number=place.read(model.number),
                next=place.node(model.next),
                unknown=place.node(model.unknown, model.failed),
                failed=place.node(model.failed),
                take=_taken(place, model.take),
                pace=model.pace or "",
            )
        case CallModel() | ReturnModel() | LimitModel():
            raise AssertionError("these are laid into the flow before, by the name of its file")


def _fetch(place: Place, model: HttpModel) -> Fetch:
    secrets = {field: text for field, text in model.json_.items() if is_secret(text, place.variables)}
    return Fetch(
        service=model.service,
        path=tuple(_path(place, model.path)),
        next=place.node(model.next),
        failed=place.node(model.failed),
        query={name: place.read(text) for name, text in model.query.items()},
        json={name: place.read(text) for name, text in model.json_.items() if name not in secrets},
        secrets={field: place.variables[text.strip()].name for field, text in secrets.items()},
        take=_taken(place, model.take),
        missing_fails=model.missing == "fails",
        timeout_ms=model.timeout,
    )


def is_secret(text: str, variables: Mapping[str, Variable]) -> bool:
    """Whether the text names a sensitive variable, and nothing else."""
    variable = variables.get(text.strip())
    return variable is not None and variable.kind is Kind.SECRET


def _path(place: Place, path: str) -> Iterator[str | Expression]:
    for number, part in enumerate(IN_PATH.split(path)):
        if number % 2:
            yield place.variables[part]
        elif part:
            yield quote(part, safe=_KEPT_IN_PATH)


def _taken(place: Place, take: Mapping[str, str]) -> dict[str, Take]:
    variables = ((place.variables[name], path) for name, path in take.items())
    return {variable.name: Take(path=path, kind=variable.kind) for variable, path in variables}
