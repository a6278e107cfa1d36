"""From one checked node of a flow file to the node that runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import time

from acd.effects import Exit
from config.flow_variables import IN_PATH, names_an_agent
from config.schema.flows import (
    AttemptsModel,
    CallbackNodeModel,
    CollectKeysModel,
    CollectModel,
    FlowModel,
    HangUpModel,
    HoursModel,
    LanguageModel,
    MenuKeysModel,
    MenuModel,
    MusicModel,
    NodeModel,
    QueueNodeModel,
    SayModel,
    SurveyModel,
    TagModel,
    TransferModel,
    in_turn,
)
from config.schema.logic import (
    BranchModel,
    CallModel,
    GotoModel,
    HttpModel,
    LookupModel,
    PaceModel,
    ReturnModel,
    SetModel,
    SplitModel,
)
from config.schema.recordings import RecordModel, VoicemailModel
from ivr.expressions import Constant, Expression, Kind, Variable, parse
from ivr.flow import (
    EVERY_KEY,
    Attempts,
    Callback,
    CallbackTime,
    CallbackTimes,
    Choice,
    Collect,
    Command,
    HangUp,
    Hours,
    KeyRules,
    Menu,
    Node,
    Queue,
    Record,
    Say,
    SetLanguage,
    Survey,
    Tag,
    Transfer,
    Voicemail,
)
from ivr.hours import Calendar
from ivr.logic import WHOLE, Branch, Case, Fetch, Goto, LookUp, Pace, Part, Set, Split, Take
from ivr.waiting import Music


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The flow file that a node stands in, and under which names it is laid into the flow that runs."""

    flow: FlowModel
    prefix: str
    variables: Mapping[str, Variable]
    calendars: Mapping[str, Calendar]
    keys: Mapping[str, Command | Choice]
    """The global keys, those of the flows that call this one among them; nodes by their names in the flow that runs."""

    def node(self, *names: str | None) -> str:
        """The first of the names that was written, or the flow's own ``otherwise``."""
        name = next((name for name in (*names, self.flow.otherwise) if name is not None), None)
        assert name is not None, "a node without this edge is refused when the flow is checked"
        return self.prefix + name

    def read(self, text: str) -> Expression:
        """The expression."""
        return parse(text, self.variables)


def global_keys(flow: FlowModel, prefix: str) -> dict[str, Command | Choice]:
    """What the flow's own global keys do."""
    return {
        key: Choice(next=f"{prefix}{one.next}", label=one.label or {}) if one.command is None else Command(one.command)
        for key, one in flow.global_keys.items()
    }


def built_node(place: Place, model: NodeModel) -> Node:  # noqa: PLR0912 - a line for each kind
    """The node. Calls and returns are no nodes of a flow that runs."""
    match model:
        case SayModel():
            return Say(prompt=model.prompt, next=place.node(model.next), barge_in=model.barge_in)
        case MenuModel() | CollectModel():
            return _question(place, model)
        case SurveyModel():
            return _survey(place, model)
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
            calendar = place.calendars[model.calendar]
            return Hours(calendar=calendar, open=place.node(model.open), closed=place.node(model.closed))
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
            return _callback(place, model)
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


def _callback(place: Place, model: CallbackNodeModel) -> Callback:
    times = None
    if model.times is not None:
        choices = {
            key: CallbackTime(after_ms=one.after, wall=None if one.at is None else time.fromisoformat(one.at))
            for key, one in model.times.choices.items()
        }
        calendar = place.calendars[model.times.calendar]
        times = CallbackTimes(prompt=model.times.prompt, choices=choices, calendar=calendar)
    keys = model.keys
    return Callback(
        queue=model.queue,
        prompt=model.prompt,
        number_prompt=model.number,
        accepted=place.node(model.accepted),
        refused=place.node(model.refused),
        invalid=place.node(model.invalid),
        times=times,
        keys=KeyRules(
            least=keys.least,
            most=keys.most,
            terminator=keys.terminator,
            first_key_ms=keys.first_key,
            next_key_ms=keys.next_key,
            all_keys_ms=keys.all_keys,
        ),
        attempts=_attempts(model.attempts),
    )


def _thinking(
    place: Place,
    model: BranchModel
    | SplitModel
    | SetModel
    | GotoModel
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
        case CallModel() | ReturnModel():
            raise AssertionError("calls and returns are laid into the flow before")


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
            yield part


def _taken(place: Place, take: Mapping[str, str]) -> dict[str, Take]:
    variables = ((place.variables[name], path) for name, path in take.items())
    return {variable.name: Take(path=path, kind=variable.kind) for variable, path in variables}


def _question(place: Place, model: MenuModel | CollectModel) -> Menu | Collect:
    inherited = place.keys if model.global_keys else {}
    own = frozenset(model.choices) if isinstance(model, MenuModel) else frozenset("0123456789" + model.keys.terminator)
    inherited = {key: done for key, done in inherited.items() if key not in own}
    commands = {key: does for key, does in inherited.items() if isinstance(does, Command)}
    choices = {key: does for key, does in inherited.items() if isinstance(does, Choice)}
    attempts = _attempts(model.attempts)
    if isinstance(model, CollectModel):
        return Collect(
            prompt=model.prompt,
            into=model.into,
            variable=place.variables[model.into].name if model.into in place.variables else "",
            next=place.node(model.next),
            otherwise=place.node(model.otherwise),
            choices=choices,
            commands=commands,
            label=model.label or {},
            keys=_keys(model.keys, at_once="".join(sorted(inherited))),
            attempts=attempts,
        )
    for key, choice in model.choices.items():
        choices[key] = Choice(next=place.node(choice.next), label=choice.label or {})
    return Menu(
        prompt=model.prompt,
        choices=choices,
        otherwise=place.node(model.otherwise),
        commands=commands,
        keys=_one_key(model.keys),
        attempts=attempts,
    )


def _survey(place: Place, model: SurveyModel) -> Survey:
    """Keys that lead elsewhere do not work here: the call has been where it wanted to go."""
    commands = {key: does for key, does in place.keys.items() if isinstance(does, Command) and key == "*"}
    scores = [str(score) for score in model.scale.scores]
    most = max(len(score) for score in scores)
    longer = {score[0] for score in scores if len(score) > 1}
    return Survey(
        scale=model.scale,
        prompt=model.prompt,
        into=model.into,
        variable=place.variables[model.into].name if model.into in place.variables else "",
        next=place.node(model.next),
        otherwise=place.node(model.otherwise),
        commands=commands if model.global_keys else {},
        keys=KeyRules(
            most=most,
            first_key_ms=model.keys.first_key,
            next_key_ms=model.keys.next_key,
            barge_in=model.keys.barge_in,
            type_ahead=model.keys.type_ahead,
            at_once="".join(sorted({*"0123456789*"} - longer)) if longer else "",
        ),
        attempts=_attempts(model.attempts),
    )


def _one_key(model: MenuKeysModel) -> KeyRules:
    return KeyRules(terminator="", first_key_ms=model.first_key, barge_in=model.barge_in, type_ahead=model.type_ahead)


def _keys(model: CollectKeysModel, at_once: str) -> KeyRules:
    return KeyRules(
        least=model.least,
        most=model.most if model.most is not None else model.least,
        terminator=model.terminator,
        first_key_ms=model.first_key,
        next_key_ms=model.next_key,
        all_keys_ms=model.all_keys,
        barge_in=model.barge_in,
        sensitive=model.sensitive,
        at_once=at_once,
        type_ahead=model.type_ahead,
    )


def _attempts(model: AttemptsModel) -> Attempts:
    silent, wrong = in_turn(model.no_input), in_turn(model.no_match)
    return Attempts(most=model.most, no_input_prompts=silent, no_match_prompts=wrong)
