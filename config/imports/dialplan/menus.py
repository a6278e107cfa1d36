"""Background and WaitExten: what callers key in is an extension, “i” where there is none such, “t” for silence."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import product

from config.imports.dialplan.reading import Step
from config.imports.dialplan.work import PASSED_BY, Place, Work
from config.imports.draft import Data

KEYS = "1234567890*#"
RESPONSE_S, DIGIT_S = 10, 5
"""Asterisk's own times for the first key and between keys."""
DIGITS_MOST = 20
CASES_MOST = 50
ASKED_MOST = 10
SPELLED_MOST = 20
_SETS = {"X": "0123456789", "Z": "123456789", "N": "23456789"}


@dataclass(frozen=True, slots=True)
class _Question:
    files: list[str]
    first_key_s: int
    silent: Place | None


def ask(work: Work, place: Place, name: str) -> None:
    """A menu for single keys; where whole numbers can be keyed in too, digits and a branch that looks at them."""
    question = _question(work, place)
    prompt = work.recordings(name, "&".join(question.files))
    step = work.step(place)
    assert step is not None
    found = {key: work.plan.extension(place.context, key) for key in KEYS}
    choices = {key: place.at(*there, 1) for key, there in found.items() if there is not None}
    wrong = _special(work, place, "i")
    longer = _longer(work, place)
    if not choices and not longer:
        work.draft.lost(step.at, name, "waits for keys, and no key leads anywhere; the call goes on as for silence")
        work.draft.put(name, {"do": "say", "prompt": prompt, "next": work.lead(question.silent)}, step.at)
        return
    first_key = f"{question.first_key_s} s"
    silent_again, wrong_again = (_again(work, place, there) for there in (question.silent, wrong))
    alike = work.settled(question.silent) == work.settled(wrong)
    if longer or not (alike or (silent_again is not None and wrong_again is not None)):
        _digits(work, place, name, prompt, question, choices, wrong, longer)
        return
    data: Data = {
        "do": "menu",
        "prompt": prompt,
        "choices": {key: {"next": work.lead(there)} for key, there in choices.items()},
        "keys": {"first_key": first_key},
    }
    if silent_again is None or wrong_again is None:
        data |= {"attempts": {"most": 1}, "otherwise": work.lead(wrong)}
    else:
        attempts: Data = {"most": ASKED_MOST}
        for setting, said in (("no_input", silent_again), ("no_match", wrong_again)):
            if said:
                attempts[setting] = work.recordings(f"{name}-{setting}", said)
        work.draft.note(name, "asks again for ever, as it did in Asterisk; let “otherwise” lead to somebody who helps")
        data |= {"attempts": attempts, "otherwise": name}
    work.draft.put(name, data, step.at)


def _digits(
    work: Work,
    place: Place,
    name: str,
    prompt: str,
    question: _Question,
    choices: dict[str, Place],
    wrong: Place | None,
    longer: list[str],
) -> None:
    step = work.step(place)
    assert step is not None
    variable, behind = work.draft.variable(f"{name}_keys"), work.beside(name, "key")
    cases: list[Data] = [{"when": f'{variable} == "{key}"', "next": work.lead(there)} for key, there in choices.items()]
    most, left_out = 1, list[str]()
    for extension in longer:
        said, length = _dialled(extension, variable)
        if not said or len(cases) >= CASES_MOST:
            left_out.append(extension[:40])
            continue
        most = max(most, length)
        there = work.plan.extension(place.context, extension) or (place.context, extension)
        cases.append({"when": said, "next": work.lead(place.at(*there, 1))})
    if left_out:
        shown = ", ".join(left_out[:10]) + (", …" if len(left_out) > 10 else "")
        message = f"what leads to {len(left_out)} extensions cannot be keyed in here: {shown}; these ways are left out"
        work.draft.left_open(step.at, name, message)
    keys: Data = {
        "least": 1,
        "most": most,
        "terminator": "" if "#" in choices else "#",
        "first_key": f"{question.first_key_s} s",
        "next_key": f"{_time(work, place, 'digit', DIGIT_S)} s",
    }
    data: Data = {"do": "collect", "prompt": prompt, "into": variable, "keys": keys, "attempts": {"most": 1}}
    data |= {"next": behind, "otherwise": work.lead(question.silent)}
    work.draft.put(name, data, step.at)
    work.draft.put(behind, {"do": "branch", "cases": cases, "otherwise": work.lead(wrong)}, step.at)


def _question(work: Work, place: Place) -> _Question:
    """What is played from here on, how long is waited for a key, and what comes without one."""
    files: list[str] = []
    here: Place = place
    timeout = _special(work, place, "t")
    while (step := work.step(here)) is not None:
        if step.application in ("background", "backgrounddetect"):
            files.append((step.split() or [""])[0])
        elif step.application == "waitexten":
            seconds = _seconds((step.split() or [""])[0], _time(work, place, "response", RESPONSE_S))
            after = here.after()
            return _Question(files, seconds, after if work.step(after) is not None else timeout)
        elif step.application not in PASSED_BY and (step.application != "set" or work.sets(step)):
            return _Question(files, 1, here)  # keys count while the message is played only
        here = work.behind(here)
    return _Question(files, _time(work, place, "response", RESPONSE_S), timeout)


def _special(work: Work, place: Place, extension: str) -> Place | None:
    found = work.plan.extension(place.context, extension)
    return None if found is None else place.at(*found, 1)


def _again(work: Work, menu: Place, there: Place | None) -> str | None:
    """The recording that is played before the menu is asked again, empty for none; None where it is not asked again."""
    here = work.settled(there)
    if here == work.settled(menu):
        return ""
    step: Step | None = None if here is None else work.step(here)
    if here is None or step is None or step.application != "playback":
        return None
    return (step.split() or [""])[0] if work.settled(here.after()) == work.settled(menu) else None


def _longer(work: Work, place: Place) -> list[str]:
    """Extensions of more than one key that callers can key in."""
    names = [name for context in work.plan.found_in(place.context) for name in context.extensions]
    return [
        name
        for name in dict.fromkeys(names)
        if name != place.extension
        and not re.search("[A-WY-Za-wy-z]", re.sub("[NXZnxz]", "", name))  # no telephone has keys for these
        and (re.fullmatch(r"[0-9*#]{2,20}", name) or (name.startswith("_") and _is_longer(name)))
    ]


def _is_longer(pattern: str) -> bool:
    return len(re.sub(r"\[[^\]]*\]", "X", pattern[1:])) > 1 or pattern[-1:] in (".", "!")


def _dialled(extension: str, variable: str) -> tuple[str, int]:
    """The condition for what was keyed in, and how many keys it has at most; empty where there is none."""
    if not extension.startswith("_"):
        return f'{variable} == "{extension}"', len(extension)
    tokens = re.findall(r"\[[0-9-]+\]|.", extension[1:])
    open_end = bool(tokens) and tokens[-1] in (".", "!")
    if open_end:
        tokens = tokens[:-1]
    any_digits = 0
    while tokens and tokens[-1].upper() == "X":
        any_digits, tokens = any_digits + 1, tokens[:-1]
    spelled = [_spelled(token) for token in tokens]
    count = 1
    for one in spelled:
        count *= len(one)
    if not 0 < count <= SPELLED_MOST:
        return "", 0
    beginnings = ["".join(letters) for letters in product(*spelled)]
    length = len(tokens) + any_digits
    sizes = f"length({variable}) {'>=' if open_end else '=='} {length + (extension[-1:] == '.')}"
    starts = " or ".join(f'starts({variable}, "{one}")' for one in beginnings if one)
    starts = f"({starts})" if " or " in starts else starts
    return f"{sizes} and {starts}" if starts else sizes, DIGITS_MOST if open_end else length


def _spelled(token: str) -> str:
    """The keys that one sign of a pattern stands for."""
    if token.upper() in _SETS:
        return _SETS[token.upper()]
    if token.startswith("["):
        spread = re.sub(
            r"(\d)-(\d)", lambda found: "".join(map(str, range(int(found[1]), int(found[2]) + 1))), token[1:-1]
        )
        return "".join(dict.fromkeys(spread.replace("-", "")))
    return token if token in KEYS else ""


def _time(work: Work, place: Place, which: str, otherwise: int) -> int:
    """Set(TIMEOUT(response)=7), where it stands in the same extension."""
    steps = work.plan.contexts[place.context].extensions[place.extension]
    for number in sorted(steps, reverse=True):
        found = re.fullmatch(rf"\s*TIMEOUT\({which}\)\s*=\s*(\S+)\s*", steps[number].arguments, re.IGNORECASE)
        if steps[number].application == "set" and found is not None:
            return _seconds(found[1], otherwise)
    return otherwise


def _seconds(text: str, otherwise: int) -> int:
    found = re.fullmatch(r"(\d{1,4})(?:\.\d{1,6})?", text, re.ASCII)
    return min(max(int(found[1]), 1), 600) if found is not None else otherwise
