"""One Studio flow to a draft of ours."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping

from config.imports.draft import Draft
from config.imports.finishing import finish
from config.imports.names import as_name, one_line
from config.imports.studio.asking import make_http_request, run_function
from config.imports.studio.counters import counters
from config.imports.studio.deciding import set_variables, split
from config.imports.studio.handing import (
    connect_call_to,
    enqueue_call,
    go_on,
    hang_up,
    record_voicemail,
    run_subflow,
    send_message,
    send_to_flex,
)
from config.imports.studio.paths import Known
from config.imports.studio.speaking import gather, say_play
from config.imports.studio.widgets import CALL_EVENTS, StudioFlow, Way, read_flow
from config.imports.studio.work import Work, start_work

_WIDGETS: Mapping[str, Callable[..., None]] = {
    "say-play": say_play,
    "gather-input-on-call": gather,
    "split-based-on": split,
    "set-variables": set_variables,
    "make-http-request": make_http_request,
    "run-function": run_function,
    "send-to-flex": send_to_flex,
    "enqueue-call": enqueue_call,
    "connect-call-to": connect_call_to,
    "record-voicemail": record_voicemail,
    "send-message": send_message,
    "run-subflow": run_subflow,
    "make-outgoing-call-v1": go_on,
    "make-outgoing-call-v2": go_on,
    "record-call": go_on,
    "hang-up": hang_up,
    "hangup": hang_up,
}


def import_studio(
    text: str,
    file: str,
    *,
    name: str = "",
    hand_over: str = "",
    parts: Mapping[str, str] | None = None,
    is_part: bool = False,
) -> Draft:
    """The draft of the Studio flow in ``text``, which stands in ``file``.

    ``hand_over`` is the queue for calls that cannot go on, ``parts`` the flows that can be called (SID to our name).
    :class:`config.errors.SiteError` where the text is no Studio flow; everything else is a finding of the draft.
    """
    flow = read_flow(text, file)
    title = one_line(flow.title)
    own = as_name(title, "main").lower()[:40].rstrip("-_")
    draft = Draft(name=name or own, file=file, title=title, is_part=is_part, hand_over=hand_over)
    draft.findings += flow.findings
    draft.language = _language(draft, flow)
    known = Known(draft=draft, flow=flow, numbers=counters(flow))
    work = start_work(draft, flow, known, parts or {})
    draft.start = work.lead(_beginning(draft, flow))
    _translate(work)
    for node in draft.nodes.values():
        if node.data.get("take"):
            node.data["missing"] = "empty"
        elif node.data["do"] == "http":
            del node.data["take"]
    _left_out(work)
    finish(draft)
    return draft


def _translate(work: Work) -> None:
    """Every widget that something leads to, in the order in which a call can come to it."""
    for name in work.ahead:  # it grows meanwhile
        widget = work.flow.widgets[name]
        translated = _WIDGETS.get(widget.kind)
        if translated is not None:
            translated(work, widget)
        elif widget.kind == "trigger" and widget is work.flow.trigger:
            work.put(widget, {"do": "tag", "next": work.lead(_beginning(work.draft, work.flow))})
        else:
            work.stop(widget, f"a widget “{one_line(widget.kind, 60)}”, which is not known here")


def _beginning(draft: Draft, flow: StudioFlow) -> Way | None:
    """Where a call begins: a call that comes in, before everything else that can start a flow."""
    if flow.trigger.kind != "trigger":  # the widget that “initial_state” names
        return Way(event="", next=flow.trigger.name, conditions=(), at=flow.trigger.at)
    events = ("incomingParent", *CALL_EVENTS) if draft.is_part else CALL_EVENTS
    way = flow.trigger.way(*events)
    if way is None or not way.next:
        others = [one for one in flow.trigger.ways if one.next]
        way = others[0] if others else way
    place = way.at if way is not None else flow.trigger.at
    if way is None or not way.next:
        draft.fault(place, "nothing follows the trigger, so a call ends at once")
    elif way.event not in ("incomingCall", "incomingParent") and not draft.is_part:
        what = {"incomingRequest": "a call by the REST API"}.get(way.event, f"“{one_line(way.event, 40)}”")
        draft.fault(place, f"no call that comes in begins this flow; it begins here as it did for {what}")
    return way


def _language(draft: Draft, flow: StudioFlow) -> str:
    """The language that most widgets speak; what is spoken in another one is a finding."""
    spoken = [(widget, widget.properties.at("language").text.strip()) for widget in flow.widgets.values()]
    languages = Counter(found[1] for _, tag in spoken if (found := re.match(r"([a-z]{2,3})(?:-|$)", tag)))
    if not languages:
        return "en"
    most = languages.most_common(1)[0][0]
    for language in languages:
        if language != most:
            others = [widget for widget, tag in spoken if tag.partition("-")[0] == language]
            names = ", ".join(widget.name for widget in others[:5])
            draft.fault(
                others[0].properties.at("language"),
                f"{one_line(names, 120)} speak {language}, and the flow {most}; add “{language}” to the site's "
                "languages, a language node before them, and their texts in prompts.yaml under it",
            )
    return most


def _left_out(work: Work) -> None:
    """One finding for all widgets that nothing leads to in Studio either."""
    flow = work.flow
    reached, ahead = {flow.trigger.name}, [flow.trigger.name]
    for name in ahead:  # it grows meanwhile
        following = {way.next for way in flow.widgets[name].ways if way.next in flow.widgets} - reached
        reached |= following
        ahead += following
    lonely = [widget for name, widget in flow.widgets.items() if name not in reached]
    if lonely:
        names = ", ".join(widget.name for widget in lonely[:10]) + (", …" if len(lonely) > 10 else "")
        work.draft.fault(lonely[0].at, f"nothing leads to {one_line(names, 300)}; left out")
