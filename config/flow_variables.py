"""The variables of one flow file: what it declares, what it collects, and what every flow is given."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from config.schema.flows import CollectModel, FlowModel, SurveyModel
from config.schema.recordings import RecordModel
from ivr.expressions import RESERVED, Kind, Value, Variable, empty, evaluate, parse
from ivr.given import GIVEN

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
IN_PATH = re.compile(r"\{([^{}]*)\}")
"""A variable in the path of a data dip."""


_AGENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


def names_an_agent(text: str, variables: Mapping[str, Variable]) -> bool:
    """Whether the ``agent`` of a transfer is an agent's id as it stands: one word, and no variable of the flow."""
    return _AGENT.fullmatch(text) is not None and text not in variables


def collected(flow: FlowModel) -> Iterator[tuple[str, str, Kind]]:
    """Node, variable and kind of every entry, statement and score that an expression could name: a name with a hyphen
    is for the card."""
    for name, node in flow.nodes.items():
        if not isinstance(node, CollectModel | RecordModel | SurveyModel):
            continue
        if _NAME.fullmatch(node.into) and node.into not in RESERVED:
            yield name, node.into, _kind_of(node)


def _kind_of(node: CollectModel | RecordModel | SurveyModel) -> Kind:
    match node:
        case CollectModel():
            return Kind.SECRET if node.keys.sensitive else Kind.TEXT
        case RecordModel():
            return Kind.SECRET if node.sensitive else Kind.TEXT
        case SurveyModel():
            return Kind.NUMBER


def variables_of(flow: FlowModel, prefix: str = "") -> dict[str, Variable]:
    """What expressions of the flow can name. ``prefix`` goes before each but those that every flow is given."""
    kinds = {into: kind for _, into, kind in collected(flow)}
    kinds |= {name: Kind(variable.type) for name, variable in flow.variables.items()}
    own = {name: Variable(prefix + name, kind) for name, kind in kinds.items()}
    return own | {name: Variable(name, kind) for name, kind in GIVEN.items()}


def at_first(flow: FlowModel, prefix: str = "") -> Mapping[str, Value]:
    """What each variable of the flow holds before anything is put into it."""
    values: dict[str, Value] = {}
    for name, variable in variables_of(flow, prefix).items():
        if name in GIVEN:
            continue
        declared = flow.variables.get(name)
        start = declared.start if declared is not None else None
        values[variable.name] = empty(variable.kind) if start is None else evaluate(parse(start, {}), {})
    return values
