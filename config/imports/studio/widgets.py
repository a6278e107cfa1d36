"""A Studio flow as its JSON has it: widgets by name, each with its ways out.

The shape is that of https://www.twilio.com/docs/studio/rest-api/v2/flow-definition: ``states`` with ``name``, ``type``,
``properties`` and ``transitions``, each of which has an ``event``, perhaps ``next``, and perhaps ``conditions``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from config.errors import Finding, SiteError
from config.imports.names import one_line
from config.imports.source import Json, read_json

CALL_EVENTS = ("incomingCall", "incomingParent", "incomingRequest", "incomingMessage", "incomingConversationMessage")
"""What a flow may begin with, what is nearest to a caller who rings first."""
WIDGETS_MOST = 2_000
"""Widgets of one flow; the largest that were seen have some hundred."""
_READS_KEYS = re.compile(r"widgets\.([^.{}|\s]{1,200})\.Digits")


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A comparison of a split."""

    kind: str
    tested: str
    value: str
    name: str
    at: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A transition; ``next`` is empty where the flow ends."""

    event: str
    next: str
    conditions: tuple[Condition, ...]
    at: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Widget:
    """A state of the flow."""

    name: str
    kind: str
    properties: Json
    ways: tuple[Way, ...]
    at: Json
    said_by: Widget | None = None
    """The say-play before it that speaks for it."""

    def way(self, *events: str) -> Way | None:
        """The first transition for one of the events that leads somewhere, else the first for one at all."""
        found = [way for event in events for way in self.ways if way.event == event]
        return next((way for way in found if way.next), found[0] if found else None)

    @property
    def is_silent(self) -> bool:
        """Whether it waits for the caller and says nothing before."""
        texts = (self.properties.at(one).text.strip() for one in ("say", "play", "digits"))
        return self.kind == "record-voicemail" or (self.kind == "gather-input-on-call" and not any(texts))

    def next(self, *events: str) -> str:
        """Where the first of these events leads; empty: to the end."""
        way = self.way(*events)
        return "" if way is None else way.next


@dataclass(frozen=True, kw_only=True)
class StudioFlow:
    """The whole flow."""

    widgets: Mapping[str, Widget]
    trigger: Widget
    title: str
    findings: tuple[Finding, ...]

    @cached_property
    def readers(self) -> Mapping[str, frozenset[str]]:
        """Widget to those that read the keys which were pressed at it."""
        readers: dict[str, set[str]] = {}
        for widget in self.widgets.values():
            for text in widget.at.texts():
                for named in _READS_KEYS.findall(text):
                    readers.setdefault(named, set()).add(widget.name)
        return {name: frozenset(widgets) for name, widgets in readers.items()}

    @cached_property
    def sets(self) -> Mapping[str, tuple[tuple[str, str], ...]]:
        """Variable to the widgets that put something into it, each with the template."""
        found: dict[str, list[tuple[str, str]]] = {}
        for widget in self.widgets.values():
            if widget.kind == "set-variables":
                for one in widget.properties.at("variables").items:
                    if one.at("key").text:
                        found.setdefault(one.at("key").text, []).append((widget.name, one.at("value").text))
        return {key: tuple(values) for key, values in found.items()}

    @cached_property
    def before(self) -> Mapping[str, frozenset[str]]:
        """Widget to those that lead to it."""
        before: dict[str, set[str]] = {}
        for widget in self.widgets.values():
            for way in widget.ways:
                before.setdefault(way.next, set()).add(widget.name)
        return {name: frozenset(widgets) for name, widgets in before.items()}

    @cached_property
    def sharing(self) -> Mapping[str, tuple[str, ...]]:
        """Flex workflow to the widgets that send calls to it."""
        found: dict[str, list[str]] = {}
        for widget in self.widgets.values():
            if widget.kind == "send-to-flex":
                found.setdefault(widget.properties.at("workflow").text.strip(), []).append(widget.name)
        return {workflow: tuple(names) for workflow, names in found.items()}


def read_flow(text: str, file: str) -> StudioFlow:
    """The flow in an export, or in an answer of the REST API. :class:`SiteError` where there is none."""
    whole = read_json(text, file)
    root = _definition(whole, file)
    findings: list[Finding] = []
    widgets: dict[str, Widget] = {}
    names = _names(root)
    for state in root.at("states").items:
        if len(widgets) >= WIDGETS_MOST:
            message = f"there are more than {WIDGETS_MOST} widgets; no flow has so many"
            raise SiteError([Finding(file, state.line, state.column, message)])
        widget = _widget(state, names)
        if not widget.name or not widget.kind:
            findings.append(Finding(file, state.line, state.column, "this is no widget: it has no name, or no type"))
        elif widget.name in widgets:
            name = one_line(widget.name, 80)
            message = f"there are two widgets “{name}”; only the first can be led to, so this one is left out"
            findings.append(Finding(file, state.line, state.column, message))
        else:
            widgets[widget.name] = widget
    triggers = [widget for widget in widgets.values() if widget.kind == "trigger"]
    named = widgets.get(root.at("initial_state").text)
    if not widgets or (named is None and not triggers):
        place = root.at("states")
        message = "this flow has no widget of the type “trigger”, so nothing says where it begins; export it anew"
        raise SiteError([Finding(file, place.line, place.column, message)])
    trigger = named if named is not None else triggers[0]
    widgets = _with_their_words(widgets, trigger.name)
    title = whole.at("friendly_name").text or whole.at("friendlyName").text or root.at("description").text
    return StudioFlow(widgets=widgets, trigger=widgets[trigger.name], title=title, findings=tuple(findings))


def _with_their_words(widgets: Mapping[str, Widget], first: str) -> dict[str, Widget]:
    """The widgets, each that says nothing itself joined with the say-play in front of it, if nothing else leads to it.

    In Studio a message and the recording after it are two widgets, and often a question and its keys; in our flows the
    node that waits for the caller speaks.
    """
    before: dict[str, set[str]] = {}
    for widget in widgets.values():
        for way in widget.ways:
            before.setdefault(way.next, set()).add(widget.name)
    joined: dict[str, str] = {}
    for says in (one for one in widgets.values() if one.kind == "say-play" and one.name != first):
        waits = widgets.get(says.next("audioComplete"))
        if waits is not None and waits.is_silent and before[waits.name] == {says.name}:
            joined[says.name] = waits.name
    speaking = {waits: widgets[says] for says, waits in joined.items()}
    kept = (widget for name, widget in widgets.items() if name not in joined)
    return {
        widget.name: replace(
            widget,
            said_by=speaking.get(widget.name),
            ways=tuple(replace(way, next=joined.get(way.next, way.next)) for way in widget.ways),
        )
        for widget in kept
    }


def _definition(whole: Json, file: str) -> Json:
    """The object with the states: the file itself, or what an answer of the REST API holds as its definition."""
    for root in (whole, whole.at("definition"), whole.at("Definition")):
        if isinstance(root.value, str) and root.value.lstrip().startswith("{"):
            try:
                root = read_json(root.value, file)  # noqa: PLW2901 - the same, unpacked
            except SiteError:
                message = "this definition is a text that is no JSON; export the flow anew"
                raise SiteError([Finding(file, root.line, root.column, message)]) from None
        if isinstance(root.at("states").value, list):
            return root
    message = "this is no Studio flow: it has no list of “states”; export the flow (Show Flow JSON) and name that file"
    if whole.at("Actions").is_there or whole.at("modules").is_there:
        message = "this is a flow of Amazon Connect; use “holdless flow import connect”"
    raise SiteError([Finding(file, whole.line, whole.column, message)])


def _names(root: Json) -> Mapping[str, str]:
    """Older exports lead from widget to widget by ``sid``: its name."""
    return {
        state.at("sid").text: state.at("name").text for state in root.at("states").items if state.at("sid").is_there
    }


def _widget(state: Json, names: Mapping[str, str]) -> Widget:
    ways = tuple(_way(one, names) for one in state.at("transitions").items)
    kind = state.at("type").text.strip()
    return Widget(
        name=state.at("name").text.strip(),
        kind=_OLDER.get(kind, kind),
        properties=state.at("properties"),
        ways=ways,
        at=state,
    )


def _way(way: Json, names: Mapping[str, str]) -> Way:
    following = way.at("next").text.strip() if not way.at("next").fields else ""
    conditions = tuple(
        Condition(
            kind=one.at("type").text.strip().lower(),
            tested=next((argument.text for argument in one.at("arguments").items), one.at("arguments").text),
            value=one.at("value").text,
            name=one.at("friendly_name").text,
            at=one,
        )
        for one in way.at("conditions").items
    )
    return Way(event=way.at("event").text.strip(), next=names.get(following, following), conditions=conditions, at=way)


_OLDER: Mapping[str, str] = {
    "InitialState": "trigger",
    "Trigger": "trigger",
    "SayPlay": "say-play",
    "Gather": "gather-input-on-call",
    "Branch": "split-based-on",
    "SetVariables": "set-variables",
    "Webhook": "make-http-request",
    "Function": "run-function",
    "Message": "send-message",
    "Voicemail": "record-voicemail",
    "ConnectCall": "connect-call-to",
    "SendToFlex": "send-to-flex",
    "EnqueueCall": "enqueue-call",
}
"""What the types were called before version 2 of the API."""
