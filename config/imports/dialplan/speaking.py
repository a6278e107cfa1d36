"""Steps that callers hear: recordings, speech, digits and numbers."""

from __future__ import annotations

import re

from config.imports.dialplan.reading import Step
from config.imports.dialplan.work import Place, Work
from config.imports.draft import Data, read_aloud
from config.imports.names import one_line

_CALLER = re.compile(r"\$\{CALLERID\((?:num|number|ani)\)\}", re.IGNORECASE)
_READS_TEXT = re.compile(r"tts|speech|speak|say", re.IGNORECASE)
"""What AGI programs that read a text aloud have in their names: googletts.agi, picotts.agi, espeak.agi."""


def play(work: Work, place: Place, name: str, step: Step) -> None:
    """Playback: recordings."""
    prompt = work.recordings(name, (step.split() or [""])[0])
    work.draft.put(name, {"do": "say", "prompt": prompt, "next": work.lead(work.behind(place))}, step.at)


def speak(work: Work, place: Place, name: str, step: Step) -> None:
    """Text to speech, in one of the applications that are about."""
    say_text(work, place, name, step, (step.split() or [""])[0])


def read_by_program(step: Step) -> str | None:
    """The text that an AGI program reads aloud; None where it is another program."""
    words = step.split()
    program = words[0].rpartition("/")[2] if words else ""
    return words[1] if len(words) > 1 and _READS_TEXT.search(program) else None


def say_text(work: Work, place: Place, name: str, step: Step, text: str) -> None:
    """A text; values in it are left out."""
    text = text.strip("\"'")
    if "${" in text:
        work.draft.lost(
            step.at, name, f"says a value that prompts cannot read; it is left out of “{one_line(text, 80)}”"
        )
    data: Data = {"do": "say", "prompt": work.draft.prompt(name, re.sub(r"\$\{[^}]*\}", "…", text))}
    work.draft.put(name, data | {"next": work.lead(work.behind(place))}, step.at)


def say_value(work: Work, place: Place, name: str, step: Step) -> None:
    """SayDigits and SayNumber read a variable aloud, SayAlpha letters; a time of day or of the clock is not said."""
    what = (step.split() or [""])[0]
    found = re.fullmatch(r"\$\{(\w{1,60})\}", what)
    how = {"saydigits": "digits", "saynumber": "number"}.get(step.application)
    if how is not None and _CALLER.fullmatch(what):
        prompt = work.draft.prompt(name, read_aloud("caller_number", "digits"))
    elif how is not None and found is not None and found[1] != "EXTEN":
        prompt = work.draft.prompt(name, read_aloud(work.known.variable(found[1]), how))
    elif step.application in ("saydigits", "saynumber", "sayalpha") and re.fullmatch(r"[\w*#+ -]{1,60}", what):
        prompt = work.draft.prompt(name, what if step.application == "saynumber" else " ".join(what))
    else:
        work.draft.lost(step.at, name, f"{step.application} says a value that prompts cannot read; nothing is said")
        prompt = work.draft.silence()
    work.draft.put(name, {"do": "say", "prompt": prompt, "next": work.lead(work.behind(place))}, step.at)
