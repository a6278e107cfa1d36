"""A call through a Studio flow as Twilio's documents describe it, and the same call through what was imported.

The first is written against the documents of the widgets and knows nothing of the importer, so that the two can be held
against each other: https://www.twilio.com/docs/studio/widget-library.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from liquid import Environment

from config.imports.draft import Draft
from config.imports.studio.importer import import_studio
from config.imports.writing import write_site
from config.loader import load_site
from config.site import Site
from ivr.flow import Transfer
from ivr.logic import Fetch
from ivr.messages import FetchData, LookUpCustomer
from simulator.menus.rehearsal import Answer, Rehearsal, Stands

CALLER, DIALLED = "+380501110001", "+380440000000"
STEPS_MOST = 60

Happened = list[tuple[str, str]]
"""What was said, and where the call came to."""
Answers = Mapping[str, Mapping[str, str] | None]
"""What other systems answer, by widget; None: they fail."""


@dataclass
class StudioCall:
    """One call: ``typed`` is what the caller types at each question, nothing for silence."""

    flow: Mapping[str, Any]
    typed: Sequence[str]
    answers: Answers = field(default_factory=dict)
    happened: Happened = field(default_factory=list)

    def run(self) -> Happened:
        states = {state["name"]: state for state in self.flow["states"]}
        typed = list(self.typed)
        known: dict[str, Any] = {
            "trigger": {"call": {"From": CALLER, "To": DIALLED}},
            "contact": {"channel": {"address": CALLER}},
            "flow": {"variables": {}, "channel": {"address": DIALLED}},
            "widgets": {},
        }
        here = self._next(states["Trigger"], "incomingCall")
        for _ in range(STEPS_MOST):
            if here not in states:
                self.happened.append(("over", ""))
                return self.happened
            state, properties = states[here], states[here].get("properties", {})
            match state["type"]:
                case "say-play":
                    self._say(properties)
                    here = self._next(state, "audioComplete")
                case "gather-input-on-call":
                    self._say(properties)
                    if not typed:
                        self.happened.append(("asked", ""))
                        return self.happened
                    digits = typed.pop(0)
                    known["widgets"][here] = {"Digits": digits}
                    here = self._next(state, "keypress" if digits else "timeout")
                case "split-based-on":
                    here = self._split(state, known)
                case "set-variables":
                    for one in properties["variables"]:
                        known["flow"]["variables"][one["key"]] = self._render(one["value"], known)
                    here = self._next(state, "next")
                case "make-http-request":
                    answer = self.answers.get(here)
                    known["widgets"][here] = {"parsed": answer or {}}
                    here = self._next(state, "failed" if answer is None else "success")
                case "send-to-flex":
                    self.happened.append(("queue", here))
                    return self.happened
                case "connect-call-to":
                    self.happened.append(("outside", properties["to"]))
                    return self.happened
                case "record-voicemail":
                    self.happened.append(("message", ""))
                    return self.happened
                case kind:
                    raise AssertionError(kind)
        return self.happened

    def _say(self, properties: Mapping[str, Any]) -> None:
        if properties.get("say"):
            self.happened += [("said", properties["say"])]

    def _next(self, state: Mapping[str, Any], event: str) -> str:
        return next((way.get("next") or "" for way in state["transitions"] if way["event"] == event), "")

    def _split(self, state: Mapping[str, Any], known: Mapping[str, Any]) -> str:
        for way in state["transitions"]:
            if way["event"] == "match" and all(self._holds(one, known) for one in way["conditions"]):
                return way.get("next") or ""
        return self._next(state, "noMatch")

    def _holds(self, condition: Mapping[str, Any], known: Mapping[str, Any]) -> bool:
        tested = self._render(condition["arguments"][0], known).strip().lower()
        value = str(condition["value"]).strip().lower()
        match condition["type"]:
            case "equal_to":
                return tested == value
            case "not_equal_to":
                return tested != value
            case "matches_any_of":
                return tested in [one.strip() for one in value.split(",")]
            case "is_blank":
                return not tested
            case "is_not_blank":
                return bool(tested)
            case "contains":
                return value in tested
            case "starts_with":
                return tested.startswith(value)
            case "greater_than":
                return _is_number(tested) and float(tested) > float(value)
            case "less_than":
                return _is_number(tested) and float(tested) < float(value)
            case "regex":
                return re.fullmatch(value, tested) is not None
        raise AssertionError(condition)

    @staticmethod
    def _render(template: str, known: Mapping[str, Any]) -> str:
        return Environment().from_string(str(template)).render(**known)


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[-+]?\d+(\.\d+)?", text) is not None


@dataclass(frozen=True)
class Imported:
    """A flow that was imported and loaded."""

    draft: Draft
    site: Site

    def call(self, typed: Sequence[str], answers: Answers | None = None) -> Happened:
        """The same call through it."""
        happened: Happened = []
        flow = self.site.entry_flow

        def answer(node: str, _: FetchData | LookUpCustomer) -> Answer:
            given = (answers or {}).get(node.removesuffix("-ask"))
            asking = flow.nodes[node]
            assert isinstance(asking, Fetch)
            wanted = asking.take
            return (
                "down"
                if given is None
                else {name: given[one.path] for name, one in wanted.items() if one.path in given}
            )

        call = Rehearsal(
            flow,
            at=0,
            answers=answer,
            heard=lambda prompt, language, _: happened.append(("said", self.site.prompts[prompt][language].text)),
            number=CALLER,
            dialled=DIALLED,
        )
        for keys in typed:
            if call.stands is not Stands.ASKED:
                break
            step = call.session.step
            call.press(keys)
            if call.stands is Stands.ASKED and call.session.step == step:
                call.is_silent()
        match call.stands:
            case Stands.QUEUED:
                happened.append(("queue", str(call.session.waiting_in)))
            case Stands.OUTSIDE:
                node = flow.nodes[call.session.node]
                assert isinstance(node, Transfer)
                happened.append(("outside", self.draft.numbers[node.number]))
            case Stands.RECORDING:
                happened.append(("message", ""))
            case Stands.ENDED:
                happened.append(("over", ""))
            case Stands.ASKED:
                happened.append(("asked", ""))
        return [one for one in happened if one != ("said", "…")]


def imported(flow: Mapping[str, Any]) -> Imported:
    """The flow imported into a site of its own, which can be loaded."""
    draft = import_studio(json.dumps(flow, indent=1), "flow.json", name="main")
    with tempfile.TemporaryDirectory() as folder:
        write_site([draft], Path(folder))
        return Imported(draft, load_site(Path(folder)))
