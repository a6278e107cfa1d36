"""Data dips, look-ups and statements: what is asked of other systems and of lines, and what becomes of the answers."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from urllib.parse import quote

from ivr.expressions import Value, as_text, empty, evaluate, from_text
from ivr.logic import PACES, Fetch, LookUp
from ivr.messages import (
    UNKNOWN,
    FetchData,
    Fetched,
    FetchFailed,
    LookUpCustomer,
    MessageTaken,
    masked,
    recording_name,
)
from ivr.recordings import Record
from ivr.records import replace
from ivr.session import Session


def wanted(session: Session, node: Fetch | LookUp, known: Mapping[str, Value]) -> FetchData | LookUpCustomer:
    """What ``node`` asks for; values in a path are percent-encoded, slashes too."""
    if isinstance(node, LookUp):
        return LookUpCustomer(step=session.step, number=as_text(evaluate(node.number, known)))
    path = "".join(
        part if isinstance(part, str) else quote(as_text(evaluate(part, known)), safe="") for part in node.path
    )
    body = {name: _plain(evaluate(value, known)) for name, value in node.json.items()}
    return FetchData(
        step=session.step,
        service=node.service,
        path=path,
        query={name: as_text(evaluate(value, known)) for name, value in node.query.items()},
        json=body if node.json or node.secrets else None,
        secrets={field: session.secrets.get(variable, 0) for field, variable in node.secrets.items()},
        take={_short(variable): take.path for variable, take in node.take.items()},
        timeout_ms=node.timeout_ms,
    )


def fetched(session: Session, node: Fetch, event: Fetched) -> tuple[Session, str]:
    """All the values that were wanted, each of its kind, or none of them; unless the node can do without."""
    taken: dict[str, Value] = {}
    for variable, take in node.take.items():
        text = event.values.get(_short(variable))
        value = None if text is None else from_text(text, take.kind)
        if value is None and node.missing_fails:
            return session, node.failed
        taken[variable] = empty(take.kind) if value is None else value
    return replace(session, variables={**session.variables, **taken}), node.next


def looked_up(session: Session, node: LookUp, event: Fetched) -> tuple[Session, str]:
    """What the records say; a cell that is empty, or not of the variable's kind, leaves it empty. A pace that is none
    leaves the caller's as it was."""
    taken: dict[str, Value] = {}
    for variable, take in node.take.items():
        value = from_text(event.values.get(take.path, ""), take.kind)
        taken[variable] = empty(take.kind) if value is None else value
    said = event.values.get(node.pace, "") if node.pace else ""
    pace = next((times for times in PACES if str(times) == said), session.pace)
    return replace(session, variables={**session.variables, **taken}, pace=pace), node.next


def not_fetched(node: Fetch | LookUp, event: FetchFailed) -> str:
    """Where the call goes without an answer."""
    return node.unknown if isinstance(node, LookUp) and event.why == UNKNOWN else node.failed


def recorded(session: Session, node: Record, event: MessageTaken) -> tuple[Session, str]:
    """The statement is over: a recording with a name, or nothing."""
    if event.length_ms < node.shortest_ms:
        return session, node.otherwise
    if not node.variable:
        return session, node.next
    name = recording_name(session.call, event.step, sensitive=node.sensitive)
    secrets = {variable: step for variable, step in session.secrets.items() if variable != node.variable}
    if node.sensitive:
        name, secrets[node.variable] = masked("0" * 3), event.step
    return replace(session, variables={**session.variables, node.variable: name}, secrets=secrets), node.next


def _short(variable: str) -> str:
    """The variable as its flow file calls it, without the names of the flows that called it."""
    return variable.rpartition("/")[2]


def _plain(value: Value) -> str | bool | int | float:
    """The value as JSON has it."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value
