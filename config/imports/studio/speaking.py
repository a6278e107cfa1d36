"""Widgets that callers hear: say-play, and gather-input-on-call with the split behind it."""

from __future__ import annotations

import re
from dataclasses import replace

from config.imports.draft import TEXT_MOST, Data, DraftPrompt, read_aloud
from config.imports.marks import LOST, Words, read_marks
from config.imports.names import as_name, one_line
from config.imports.source import Json
from config.imports.studio.conditions import plain_values
from config.imports.studio.liquid import only_value
from config.imports.studio.retries import Asked, asked
from config.imports.studio.widgets import Condition, Way, Widget
from config.imports.studio.work import Work

KEYS = frozenset("0123456789*#")
DIGITS_MOST = 32
"""Keys that are gathered where Studio names no number of them."""
LOOPS_MOST = 5
READ_MOST = 10_000
"""Characters of a text that are looked at; a prompt has fewer by far."""
_TEMPLATE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_DEFAULT = re.compile(r"\{\{-?\s*[\w.-]{1,200}\s*\|\s*default\s*:\s*(?:'([^']*)'|\"([^\"]*)\")\s*-?\}\}")
_FIRST_OF = re.compile(
    r"\{%-?\s*if\s[^%]*%\}(?P<first>[^{]*)(?:\{%-?\s*els(?:e|if)[^%]*%\}[^{]*)*\{%-?\s*endif\s*-?%\}", re.DOTALL
)
"""A choice between texts that hold no value themselves."""
_SAYS_NO_NAME = re.compile(r"^(if value .*|.* (equal_to|matches_any_of) .*|\d+|[*#])$", re.IGNORECASE)


def say_play(work: Work, widget: Widget) -> None:
    """Text or a recording, then on."""
    following = work.instead.get(widget.name)
    lead = work.lead(widget.way("audioComplete")) if following is None else work.lead_to(following)
    work.put(widget, {"do": "say", "prompt": prompt_of(work, widget), "next": lead})


def gather(work: Work, widget: Widget) -> None:
    """Keys: a menu where the split behind it asks for single keys, else digits that are kept."""
    spoken = widget.way("speech")
    if spoken is not None and spoken.next and spoken.next not in {way.next for way in widget.ways if way is not spoken}:
        work.lost(widget, "callers could also speak here; what they say is not understood, so that way is left out")
    split = _menu_split(work, widget)
    if split is not None:
        attempts = asked(work, widget, widget.next("timeout"), split.next("noMatch"))
        if attempts is not None:
            _menu(work, widget, split, attempts)
            return
    _collect(work, widget)


def prompt_of(work: Work, widget: Widget) -> str:
    """The prompt that the widget speaks, under the widget's name."""
    if widget.said_by is not None:
        widget = widget.said_by
    name = as_name(widget.name, "prompt")
    if name in work.draft.prompts:
        return name
    words, comment = _spoken(work, widget)
    text = words.text
    times = widget.properties.at("loop").whole
    if times is not None and (times == 0 or times > LOOPS_MOST):
        work.lost(widget, "the text was said over and over; it is said once", widget.properties.at("loop"))
    elif times is not None and times > 1 and widget.properties.at("say").text.strip():
        text = " ".join([text] * times)
    return work.draft.prompt(name, text, comment, marked=words.marked)


def _spoken(work: Work, widget: Widget) -> tuple[Words, str]:
    """The words, and a comment on what they were where they are not the same."""
    properties = widget.properties
    say, play, tones = properties.at("say"), properties.at("play"), properties.at("digits")
    if say.text.strip():
        return _words(work, widget, say)
    if play.text.strip():
        address = one_line(play.text, 300)
        file = _TEMPLATE.sub("…", address).rstrip("/").rpartition("/")[2] or "recording"
        work.draft.to_bind.append(f"put the recording {address} beside the prompt “{as_name(widget.name, 'prompt')}”")
        return Words(text=f"[{file}]"), f"a recording: {address}"
    if tones.text.strip():
        work.lost(widget, f"played the tones {one_line(tones.text, 40)} to the caller; nothing is played", tones)
    return Words(text=""), ""


def _words(work: Work, widget: Widget, say: Json) -> tuple[Words, str]:
    whole = say.text[:READ_MOST]
    words = read_marks(whole, _TEMPLATE)
    if words.lost:
        work.lost(widget, LOST, say)
    text = words.text
    if _TEMPLATE.search(text) is None:
        return words, ""
    plain = _DEFAULT.sub(lambda found: found[1] or found[2] or "", _FIRST_OF.sub(lambda found: found["first"], text))
    said = _TEMPLATE.sub(lambda found: _aloud(work, found[0]), plain)
    if plain != text:
        work.left_open(widget, f"chose what it says by a value; here it always says “{one_line(plain, 100)}”", say)
    if "…" in said:
        work.lost(widget, f"says a value that prompts cannot read; it is left out of “{one_line(plain, 100)}”", say)
    elif plain == text:
        return replace(words, text=said), ""
    return replace(words, text=re.sub(r"…(\s*…)+", "…", said)), f"was: {one_line(whole, 900)}"


def _aloud(work: Work, template: str) -> str:
    """The value that a template says, read aloud where it is keys or a telephone number; else a pause."""
    match only_value(template).split("."):
        case ["widgets", widget, "Digits"] if widget in work.flow.widgets:
            return read_aloud(work.known.digits(widget), "digits")
        case ["trigger", "call", "From" | "Caller"] | ["contact", "channel", "address"]:
            return read_aloud("caller_number", "phone")
        case ["trigger", "call", "To" | "Called"] | ["flow", "channel", "address"]:
            return read_aloud("dialled", "phone")
    return "…"


def _menu_split(work: Work, widget: Widget) -> Widget | None:
    """The split that asks for single keys of this widget alone, if that is what follows."""
    split = work.flow.widgets.get(widget.next("keypress"))
    if (
        split is None
        or split.kind != "split-based-on"
        or widget.properties.at("number_of_digits").whole not in (None, 1)
    ):
        return None
    if widget.properties.at("num_digits").whole not in (None, 1):
        return None
    if {source for source, _ in work.before.get(split.name, ())} != {widget.name}:
        return None
    if work.flow.readers.get(widget.name, frozenset()) - {split.name}:
        return None
    matches = [way for way in split.ways if way.event == "match"]
    return split if matches and all(_keys(widget, way) for way in matches) else None


def _keys(widget: Widget, way: Way) -> list[str]:
    """The keys that a way of the split asks for; none where it asks for something else."""
    if len(way.conditions) != 1 or only_value(way.conditions[0].tested) != f"widgets.{widget.name}.Digits":
        return []
    values = plain_values(way.conditions[0]) or []
    return values if values and set(values) <= KEYS - {_terminator(widget)} else []


def _menu(work: Work, widget: Widget, split: Widget, attempts: Asked) -> None:
    choices: dict[str, Data] = {}
    for way in (way for way in split.ways if way.event == "match"):
        for key in _keys(widget, way):
            if key not in choices:
                choices[key] = {"next": work.lead(way), **_label(work, way.conditions[0])}
    data: Data = {"do": "menu", "prompt": prompt_of(work, widget), "choices": choices}
    data["keys"] = {"first_key": f"{_timeout(widget):g} s"}
    data |= _attempts(work, widget, attempts)
    work.put(widget, data)


def _collect(work: Work, widget: Widget) -> None:
    attempts = asked(work, widget, widget.next("timeout"), None)
    assert attempts is not None, "without wrong entries there is one way only"
    number = _number_of_digits(widget)
    most = max(1, min(number or DIGITS_MOST, 100))
    wait = f"{_timeout(widget):g} s"
    keys: Data = {"least": 1, "most": most, "terminator": _terminator(widget), "first_key": wait, "next_key": wait}
    data: Data = {
        "do": "collect",
        "prompt": prompt_of(work, widget),
        "into": work.known.digits(widget.name),
        "keys": keys,
        "next": work.lead(widget.way("keypress")),
    }
    work.put(widget, data | _attempts(work, widget, attempts))


def _attempts(work: Work, widget: Widget, attempts: Asked) -> Data:
    """How often it asks, what it says in between, and what comes then."""
    settings: Data = {"most": attempts.most}
    for setting, messages in (("no_input", attempts.no_input), ("no_match", attempts.no_match)):
        if messages:
            settings[setting] = _message(work, messages)
    if attempts.note:
        work.draft.note(work.node(widget), attempts.note)
    return {"attempts": settings, "otherwise": work.lead_to(_there(work, widget, attempts.otherwise))}


def _there(work: Work, widget: Widget, following: str) -> str:
    if following and following not in work.flow.widgets:
        work.lost(widget, f"leads to “{one_line(following, 80)}”, which is no widget of the flow; here the call ends")
        return ""
    return following


def _message(work: Work, widgets: tuple[str, ...]) -> str:
    """One prompt for what one or two widgets say."""
    prompts = [prompt_of(work, work.flow.widgets[name]) for name in widgets]
    if len(prompts) == 1:
        return prompts[0]
    together = "-".join(prompts)[:60]
    if together not in work.draft.prompts:
        spoken = [work.draft.prompts[prompt] for prompt in prompts]
        said, marked = " ".join(one.text for one in spoken), " ".join(one.marked for one in spoken)
        work.draft.prompts[together] = DraftPrompt(
            said if len(said) <= TEXT_MOST else said.partition("{")[0][:TEXT_MOST],
            ssml=marked if any(one.ssml for one in spoken) and len(marked) <= TEXT_MOST else "",
        )
    return together


def _label(work: Work, condition: Condition) -> Data:
    """What the choice is called, where somebody gave it a name."""
    name = one_line(condition.name, 100)
    if not name or _SAYS_NO_NAME.match(name):
        return {}
    return {"label": {work.draft.language: name}}


def _timeout(widget: Widget) -> float:
    """Seconds to the first key and between keys; Studio's own value is 5."""
    seconds = widget.properties.at("timeout").number
    return 5 if seconds is None else min(max(round(seconds, 1), 1), 300)


def _number_of_digits(widget: Widget) -> int | None:
    """Both names are met; 0 is as good as none."""
    for name in ("number_of_digits", "num_digits"):
        number = widget.properties.at(name).whole
        if number:
            return number
    return None


def _terminator(widget: Widget) -> str:
    """The key that ends an entry. “Stop gathering on keypress: no” is ``stop_gather`` false."""
    if widget.properties.at("stop_gather").flag is False:
        return ""
    key = widget.properties.at("finish_on_key")
    if not key.is_there:
        return "#"
    return key.text if key.text in ("*", "#") else ""
