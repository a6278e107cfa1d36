"""Expressions and variables of a flow file: whether they can be read, fit in kind, and hold something in time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from config.aloud import read_aloud
from config.build_nodes import is_secret
from config.check.addresses import path_faults
from config.check.aloud import check_read_aloud
from config.check.edges import edges
from config.check.flows import prompts_of
from config.documents import Document
from config.errors import unknown
from config.flow_variables import IN_PATH, collected, names_an_agent, variables_of
from config.schema.flows import CollectModel, FlowModel, NodeModel, QueueNodeModel, SurveyModel, TagModel, TransferModel
from config.schema.logic import BranchModel, CallModel, HttpModel, LimitModel, LookupModel, ReturnModel, SetModel
from config.schema.prompts import PromptsModel
from config.schema.recordings import RecordModel
from config.yaml_tree import Path as TreePath
from ivr.expressions import Expression, ExpressionError, Kind, Variable, kind_in_words, names, parse
from ivr.given import GIVEN


@dataclass(frozen=True, slots=True)
class _Formula:
    """An expression of a node: its place, its text, and the kind that has to come out; None: any."""

    path: TreePath
    text: str
    kind: Kind | None = None


def check_variables(document: Document, flow: FlowModel, prompts: PromptsModel | None = None) -> None:
    """Finds expressions that are none, values of the wrong kind, and variables read before anything is put in: by
    expressions, and by prompts that read them aloud."""
    aloud = read_aloud(prompts) if prompts is not None else {}
    variables = variables_of(flow)
    _check_declared(document, flow)
    read: dict[str, list[tuple[TreePath, str]]] = {name: [] for name in flow.nodes}
    for name, node in flow.nodes.items():
        at: TreePath = ("nodes", name)
        _check_targets(document, at, node, variables)
        for formula in _formulas(node, variables):
            path = (*at, *formula.path)
            expression = parsed(document, path, formula.text, variables, formula.kind)
            if expression is not None:
                read[name] += [(path, variable) for variable in names(expression)]
        for path, prompt in prompts_of(node):
            read[name] += check_read_aloud(document, (*at, *path), prompt, aloud.get(prompt, ()), variables)
        if isinstance(node, HttpModel):
            read[name] += _check_dip(document, at, node, variables)
        if isinstance(node, ReturnModel):
            read[name] += [((*at, "do"), variable) for variable in flow.outputs if variable in variables]
    if flow.start in flow.nodes:
        _check_order(document, flow, read)


def parsed(
    document: Document, path: TreePath, text: str, variables: dict[str, Variable], kind: Kind | None = None
) -> Expression | None:
    """The expression at ``path``, of this kind; None, with a finding, where it is not."""
    try:
        expression = parse(text, variables, unknown=lambda name: unknown("variable of this flow", name, variables))
    except ExpressionError as error:
        document.fault(path, str(error), at=error.at)
        return None
    if kind is not None and expression.kind is not kind:
        wanted, given = kind_in_words(kind), kind_in_words(expression.kind)
        document.fault(path, f"this has to be {wanted}; what stands here is {given}", at=0)
        return None
    return expression


def _check_declared(document: Document, flow: FlowModel) -> None:
    for name, variable in flow.variables.items():
        at: TreePath = ("variables", name)
        if name in GIVEN:
            document.fault(at, f"every flow is given “{name}” and cannot declare it; choose another name", at_key=True)
        if variable.start is not None:
            parsed(document, (*at, "start"), variable.start, {}, Kind(variable.type))
    declared = {name: Kind(variable.type) for name, variable in flow.variables.items()}
    for node, into, kind in collected(flow):
        if into in GIVEN:
            document.fault(("nodes", node, "into"), f"every flow is given “{into}”; choose another name")
        elif declared.setdefault(into, kind) is not kind:
            document.fault(
                ("nodes", node, "into"),
                f"“{into}” is {kind_in_words(declared[into])} elsewhere, and here it is {kind_in_words(kind)}; "
                "choose another name",
            )
    for part in ("inputs", "outputs"):
        for number, name in enumerate(getattr(flow, part)):
            if name not in flow.variables and (part == "inputs" or name not in declared):
                document.fault((part, number), unknown("variable of this flow", name, flow.variables))


def _formulas(node: NodeModel, variables: dict[str, Variable]) -> list[_Formula]:
    match node:
        case BranchModel():
            return [_Formula(("cases", nth, "when"), case.when, Kind.TRUTH) for nth, case in enumerate(node.cases)]
        case SetModel():
            kinds = {name: variables[name].kind for name in node.values if name in variables}
            return [_Formula(("values", name), text, kinds.get(name)) for name, text in node.values.items()]
        case TagModel():
            return _group("show", node.show)
        case QueueNodeModel() if node.preferred is not None:
            return [_Formula(("preferred",), node.preferred, Kind.TEXT)]
        case TransferModel(agent=str(agent)) if not names_an_agent(agent, variables):
            return [_Formula(("agent",), agent, Kind.TEXT)]
        case LookupModel():
            return [_Formula(("number",), node.number, Kind.TEXT)]
        case LimitModel():
            return [_Formula(("by",), node.by, Kind.TEXT)]
        case CallModel():
            return _group("give", node.give)
        case HttpModel():
            plain = {name: text for name, text in node.json_.items() if not is_secret(text, variables)}
            return [*_group("query", node.query), *_group("json", plain)]
        case _:
            return []


def _group(name: str, formulas: Mapping[str, str]) -> list[_Formula]:
    return [_Formula((name, one), text) for one, text in formulas.items()]


def _check_targets(document: Document, at: TreePath, node: NodeModel, variables: dict[str, Variable]) -> None:
    """Variables that a node puts something into."""
    match node:
        case SetModel():
            path, targets = (*at, "values"), tuple(node.values)
        case HttpModel() | LookupModel() | CallModel():
            path, targets = (*at, "take"), tuple(node.take)
        case _:
            return
    own = [name for name, variable in variables.items() if name not in GIVEN and variable.kind is not Kind.SECRET]
    for target in targets:
        if target not in variables:
            message = unknown("variable of this flow", target, own)
            document.fault((*path, target), f"{message}; or declare it under variables", at_key=True)
        elif target not in own:
            document.fault((*path, target), f"nothing can be put into “{target}”; choose another variable", at_key=True)


def _check_dip(
    document: Document, at: TreePath, node: HttpModel, variables: dict[str, Variable]
) -> Iterator[tuple[TreePath, str]]:
    """The variables that a data dip reads beside its expressions."""
    path: TreePath = (*at, "path")
    for place, message in path_faults(node.path):
        document.fault(path, message, at=place)
    for found in IN_PATH.finditer(node.path):
        if found[1] not in variables:
            document.fault(path, unknown("variable of this flow", found[1], variables), at=found.start(1))
        elif variables[found[1]].kind is Kind.SECRET:
            message = f"“{found[1]}” is sensitive and has no place in an address; let the json carry it"
            document.fault(path, message, at=found.start(1))
        else:
            yield path, found[1]
    for name, text in node.json_.items():
        if is_secret(text, variables):
            yield (*at, "json", name), text.strip()


def _check_order(document: Document, flow: FlowModel, read: dict[str, list[tuple[TreePath, str]]]) -> None:
    """Finds variables that a call can come to before anything was put into them."""
    at_first = frozenset(GIVEN) | {name for name, variable in flow.variables.items() if variable.start is not None}
    at_first |= frozenset(flow.inputs)
    held: dict[str, frozenset[str]] = {flow.start: at_first}
    ahead = [flow.start]
    while ahead:
        name = ahead.pop()
        node = flow.nodes[name]
        for path, following in edges(flow, name):
            if following not in flow.nodes:
                continue
            holds = held[name] | (_put_in(node) if path == ("nodes", name, "next") else frozenset())
            before = held.get(following)
            if before is None or not before <= holds:
                held[following] = holds if before is None else before & holds
                ahead.append(following)
    for name, holds in held.items():
        for path, variable in read[name]:
            if variable not in holds:
                document.fault(
                    path,
                    f"a call can come here before anything was put into “{variable}”; give it a start value, or put "
                    "something in on every way here",
                )


def _put_in(node: NodeModel) -> frozenset[str]:
    """The variables that hold something once the call has gone on by ``next``."""
    match node:
        case SetModel():
            return frozenset(node.values)
        case CollectModel() | RecordModel() | SurveyModel():
            return frozenset((node.into,))
        case HttpModel() | LookupModel() | CallModel():
            return frozenset(node.take)
        case _:
            return frozenset()
