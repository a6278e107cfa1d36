"""Studio flows for tests, in the shapes that exports have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

State = dict[str, Any]


def state(name: str, kind: str, ways: Mapping[str, str | None], **properties: Any) -> State:
    """A widget; a way without a target has no ``next`` at all."""
    transitions = [{"event": event, **({"next": to} if to is not None else {})} for event, to in ways.items()]
    return {"name": name, "type": kind, "transitions": transitions, "properties": properties}


def flow(*states: State, first: str = "", **trigger: str | None) -> dict[str, Any]:
    """A flow that begins with ``first`` for calls that come in, or as ``trigger`` says."""
    ways: dict[str, str | None] = {"incomingMessage": None, "incomingCall": first or states[0]["name"]}
    ways |= {"incomingRequest": None}
    return {
        "description": "A test",
        "states": [state("Trigger", "trigger", trigger or ways), *states],
        "initial_state": "Trigger",
        "flags": {"allow_concurrent_calls": True},
    }


def say(name: str, to: str | None, text: str = "") -> State:
    return state(name, "say-play", {"audioComplete": to}, say=text or f"This is {name}.", loop=1)


def gather(name: str, keypress: str | None, silent: str | None, **properties: Any) -> State:
    settings = {
        "say": f"Question {name}.",
        "number_of_digits": 1,
        "stop_gather": True,
        "finish_on_key": "#",
        "timeout": 5,
    }
    ways = {"keypress": keypress, "speech": None, "timeout": silent}
    return state(name, "gather-input-on-call", ways, **{**settings, **properties})


def split(name: str, tested: str, no_match: str | None, *cases: tuple[str, str, str | None]) -> State:
    """A split; each case is predicate, value and target."""
    found = state(name, "split-based-on", {"noMatch": no_match}, input=tested)
    for predicate, value, to in cases:
        condition = {
            "friendly_name": f"If value {predicate} {value}",
            "arguments": [tested],
            "type": predicate,
            "value": value,
        }
        found["transitions"].append(
            {"event": "match", "conditions": [condition], **({"next": to} if to is not None else {})}
        )
    return found


def keys(name: str, of: str, no_match: str | None, **to: str | None) -> State:
    """The split behind a question: ``k1="sales"``."""
    return split(
        name, f"{{{{widgets.{of}.Digits}}}}", no_match, *(("equal_to", key[1:], way) for key, way in to.items())
    )


def count(name: str, to: str | None, key: str = "tries") -> State:
    value = f"{{% if flow.variables.{key} %}}\n{{{{flow.variables.{key} | plus: 1}}}} {{% else %}} 1 {{% endif %}}"
    return put(name, to, {key: value})


def put(name: str, to: str | None, values: dict[str, str]) -> State:
    variables = [{"key": key, "value": value} for key, value in values.items()]
    return state(name, "set-variables", {"next": to}, variables=variables)


def flex(name: str, **properties: Any) -> State:
    ways = {"callComplete": None, "failedToEnqueue": None, "callFailure": None}
    return state(name, "send-to-flex", ways, **{"workflow": f"WW{name}", "channel": "TC0123", **properties})


def http(name: str, success: str | None, failed: str | None, **properties: Any) -> State:
    settings = {"method": "GET", "url": f"https://api.example.com/{name}", **properties}
    return state(name, "make-http-request", {"success": success, "failed": failed}, **settings)
