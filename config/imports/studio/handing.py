"""Widgets that hand the call to somebody: agents, numbers outside, mailboxes, other flows; and text messages."""

from __future__ import annotations

import re

from config.imports.draft import Data
from config.imports.names import as_name, as_variable, one_line
from config.imports.studio.liquid import formula
from config.imports.studio.paths import NOTHING
from config.imports.studio.speaking import prompt_of
from config.imports.studio.widgets import Widget
from config.imports.studio.work import Work
from config.imports.templated import json_fields
from ivr.expressions import is_template

VOICEMAIL_MOST_S = 900
_NUMBER = re.compile(r"\+?[0-9]{2,20}")


def send_to_flex(work: Work, widget: Widget) -> None:
    """A queue for each workflow, behind a tag with the attributes and the priority."""
    workflow = widget.properties.at("workflow").text.strip()
    sharing = work.flow.sharing[workflow]
    queue = as_name(widget.name, "queue") if len(sharing) == 1 else f"flex-{as_name(workflow[-6:], 'queue').lower()}"
    what = f"Flex workflow {workflow or '(none named)'}, from {', '.join(sharing)}"
    timeout = widget.properties.at("timeout").whole
    if timeout:
        what += f"; a caller waited {timeout} s at most (wait_limit)"
    _queue(work, widget, queue, what)


def enqueue_call(work: Work, widget: Widget) -> None:
    """A queue by its own name."""
    named = widget.properties.at("queue_name").text or widget.properties.at("workflow_sid").text
    _queue(work, widget, as_name(named, as_name(widget.name, "queue")), f"queue {named}")


def _queue(work: Work, widget: Widget, queue: str, what: str) -> None:
    over = widget.way("callComplete")
    if over is not None and over.next:
        work.lost(widget, "something followed the conversation with the agent; here the call ends with it", over.at)
    work.draft.queues[queue] = one_line(what, 180)
    data: Data = {"do": "queue", "queue": queue, "otherwise": work.lead(widget.way("failedToEnqueue", "callFailure"))}
    card = _card(work, widget)
    if not card:
        work.put(widget, data)
        return
    behind = f"{work.node(widget)[:50]}-queue"
    work.put(widget, {"do": "tag", **card, "next": behind})
    work.draft.put(behind, data, widget.at)


def _card(work: Work, widget: Widget) -> Data:
    """What the agent sees, and the points."""
    card: Data = {}
    priority = widget.properties.at("priority").whole
    if priority:
        card["priority"] = min(max(priority, -1_000), 1_000)
    text = widget.properties.at("attributes").text.strip() or widget.properties.at("task_attributes").text.strip()
    fields = json_fields(text) if text else []
    if fields is None:
        work.lost(widget, "its attributes are no JSON; they go to the call card as they stand")
        fields = [("attributes", text)]
    for name, template in fields:
        own = as_name(name, "attribute")
        if not is_template(template):
            if one_line(template):
                card.setdefault("attributes", {})[own] = one_line(template)
            continue
        said = formula(template, work.known, widget.properties.at("attributes"))
        if said is None:
            work.lost(widget, f"“{one_line(name, 60)}” does not come to the call card: it cannot be worked out here")
        elif said != NOTHING:  # what is not known here has its finding, and an agent needs no empty entry
            card.setdefault("show", {})[own] = said
    return card


def connect_call_to(work: Work, widget: Widget) -> None:
    """A number outside, which site.yaml binds."""
    noun, to = widget.properties.at("noun").text.strip() or "number", widget.properties.at("to")
    numbers = [re.sub(r"[\s().-]", "", one) for one in to.text.split(",")]
    answered = widget.way("callCompleted")
    if noun not in ("number", "number-multi") or not _NUMBER.fullmatch(numbers[0]):
        shown = one_line(to.text, 60) or "nothing"
        work.stop(
            widget, f"connects to {noun} “{shown}”, and ours dials numbers that site.yaml names; bind it yourself", to
        )
        return
    if len(numbers) > 1:
        work.lost(widget, "rang several numbers at once; ours rings the first one", to)
    if answered is not None and answered.next:
        message = "goes on when nobody answers; when somebody answers, the call ends with that conversation"
        work.draft.note(work.node(widget), message)
    ring = widget.properties.at("timeout").number
    data: Data = {"do": "transfer", "number": work.draft.outside(numbers[0], work.node(widget))}
    if ring is not None and ring > 0:
        data["ring"] = f"{min(round(ring), 600)} s"
    work.put(widget, data | {"otherwise": work.lead(answered)})


def record_voicemail(work: Work, widget: Widget) -> None:
    """A recording after a tone."""
    properties = widget.properties
    longest = properties.at("max_length").number
    if longest is not None and longest > VOICEMAIL_MOST_S:
        work.lost(widget, "a message may last 15 min at most", properties.at("max_length"))
    silence = properties.at("timeout").number
    if properties.at("play_beep").flag is False:
        work.lost(widget, "had no tone; ours always sounds one", properties.at("play_beep"))
    for callback in ("recording_status_callback_url", "transcription_callback_url"):
        if properties.at(callback).text:
            work.lost(widget, "told another system of the recording; here nobody is told", properties.at(callback))
    gone = widget.way("hangup")
    if gone is not None and gone.next:
        work.lost(widget, "went on after the caller had hung up; here the call is over then", gone.at)
    work.put(
        widget,
        {
            "do": "voicemail",
            "prompt": prompt_of(work, widget),
            "longest": f"{round(min(max(longest or VOICEMAIL_MOST_S, 1), VOICEMAIL_MOST_S))} s",
            "silence": f"{round(min(max(5 if silence is None else silence, 1), 300))} s",
            "shortest": "1 s",
            "next": work.lead(widget.way("recordingComplete")),
            "otherwise": work.lead(widget.way("noAudio")),
        },
    )


def send_message(work: Work, widget: Widget) -> None:
    """Holdless sends no text messages: what it said goes to the call card, and the call goes on."""
    body = widget.properties.at("body")
    work.lost(widget, "sent a text message; here nothing is sent, and the text goes to the call card", body)
    name = as_variable(f"{widget.name}_not_sent")
    data: Data = {"do": "tag"}
    if is_template(body.text):
        said = formula(body.text, work.known, body)
        data |= {"show": {name: said}} if said is not None else {}
    elif one_line(body.text):
        data["attributes"] = {name: one_line(body.text)}
    work.put(widget, data | {"next": work.lead(widget.way("sent"))})


def run_subflow(work: Work, widget: Widget) -> None:
    """Another flow does its part, if it was imported too."""
    sid = widget.properties.at("flow_sid")
    part = work.parts.get(sid.text.strip())
    called = one_line(sid.text, 40)
    if part is None:
        work.stop(
            widget,
            f"runs flow {called}; export that too, and name it with --part {called}=FILE",
            sid,
        )
        return
    give: Data = {}
    for one in widget.properties.at("parameters").items:
        said = formula(one.at("value").text, work.known, one)
        if one.at("key").text and said is not None:
            give[as_variable(one.at("key").text)] = said
    failed = widget.way("failed")
    if failed is not None and failed.next and failed.next != widget.next("completed"):
        work.lost(widget, "had a way for a part that fails; a part of ours has its own ways out", failed.at)
    work.put(widget, {"do": "call", "flow": part, "give": give, "next": work.lead(widget.way("completed"))})


def hang_up(work: Work, widget: Widget) -> None:
    """No widget of Studio's, where a flow ends by leading nowhere; but flows written by hand have it."""
    work.put(widget, {"do": "hangup"})


def go_on(work: Work, widget: Widget) -> None:
    """Something that a call on our line needs no step for: the call is there already, or recording is the line's."""
    what = {"record-call": "recorded the call from here on; recording is up to the line"}
    message = what.get(widget.kind, "placed the call; here it is there already, and goes on as one that was answered")
    work.lost(widget, message)
    work.put(widget, {"do": "tag", "next": work.lead(widget.way("answered", "success", "next"))})
