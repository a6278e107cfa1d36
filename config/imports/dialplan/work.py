"""The way through a dialplan: which step comes next, and what the nodes are called."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from config.imports.dialplan.analysis import ARGUMENT, NAMED, language_of, pairs_of, stored_by
from config.imports.dialplan.reading import LINE_MOST, Dialplan, Step, arguments_of
from config.imports.dialplan.values import GONE_ON, Known
from config.imports.draft import END, TEXT_MOST, Draft
from config.imports.names import as_name, one_line, unused
from config.imports.source import Json

PLACES_MOST = 2_000
CALLS_MOST = 5
"""How deep Gosub and Macro may go."""
PASSED_MOST = 500
"""Steps in a row that do nothing which a caller meets."""
FILES_MOST = 100
"""Recordings of one prompt."""
LOOP_MOST = 1_000
"""Steps between While and EndWhile."""
VALUE_MOST = 200
"""Characters of a value that is put in where its variable is named."""

PASSED_BY = frozenset(
    {
        *("answer", "noop", "verbose", "log", "wait", "ringing", "progress", "proceeding", "userevent", "dumpchan"),
        *("mixmonitor", "stopmixmonitor", "monitor", "stopmonitor", "resetcdr", "nocdr", "forkcdr", "playtones"),
        *(
            "stopplaytones",
            "startmusiconhold",
            "stopmusiconhold",
            "setmusiconhold",
            "setcalleridpres",
            "channelredirect",
        ),
    }
)
"""Applications that change nothing which a caller of ours meets."""
_IFNAMED = re.compile(
    r"\s*\$\[\s*\"(?P<left>[^\"$]*)\"\s*(?P<sign>!=|=)\s*\"(?P<right>[^\"$]*)\"\s*\]\s*\?"
    r"\s*(?P<name>\w+)\((?P<arguments>[^()$]*)\)\s*"
)
_WORDS: Mapping[str, str] = {"*": "star", "#": "hash", "i": "invalid", "t": "timeout"}


@dataclass(frozen=True, slots=True)
class Place:
    """A step, where Gosub and Macro return to from there, and which recordings variables name there."""

    context: str
    extension: str
    priority: int
    back: tuple[Place, ...] = ()
    named: tuple[tuple[str, str], ...] = ()

    def at(self, context: str, extension: str, priority: int) -> Place:
        """Another step, with all else as it is here."""
        return replace(self, context=context, extension=extension, priority=priority)

    def after(self) -> Place:
        """The step behind it."""
        return replace(self, priority=self.priority + 1)


@dataclass(slots=True, kw_only=True)
class Work:
    """One import."""

    draft: Draft
    plan: Dialplan
    known: Known
    recorded: frozenset[str]
    """Variables that only name recordings: what they hold is known at every place."""
    naming: frozenset[str]
    """Contexts that name these, or what a subroutine is given."""
    given: Mapping[str, str]
    """Global variables that nothing sets anew, with what they hold."""
    is_full: bool = False
    missing: dict[Place, tuple[str, Json]] = field(default_factory=dict)
    """Places that are led to and are not in the file, as they are written, and where."""
    names: dict[Place, str] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    """The names of all nodes."""
    ahead: list[Place] = field(default_factory=list)

    def step(self, place: Place) -> Step | None:
        """What is done there, recordings put in; None behind the last step of an extension."""
        context = self.plan.contexts.get(place.context)
        step = None if context is None else context.extensions.get(place.extension, {}).get(place.priority)
        if step is None or "${" not in step.arguments:
            return step
        arguments = NAMED.sub(lambda found: self._put_in(found, place), step.arguments)[:LINE_MOST]
        condition = _IFNAMED.fullmatch(arguments) if step.application == "execif" else None
        if condition is None:
            return replace(step, arguments=arguments)
        if (condition["left"] == condition["right"]) is (condition["sign"] == "="):
            return replace(step, application=condition["name"].lower(), arguments=condition["arguments"])
        return replace(step, application="noop")

    def _put_in(self, found: re.Match[str], place: Place) -> str:
        """What a variable holds at the place, where that is known; else the variable as it is written."""
        name = found[1]
        if name in self.recorded or (place.back and ARGUMENT.fullmatch(name)):
            return dict(place.named).get(name, "")
        if name == "EXTEN" and not place.extension.startswith("_"):
            return place.extension
        if name == "CONTEXT":
            return place.context
        return self.given.get(name, found[0])[:VALUE_MOST]

    def behind(self, place: Place) -> Place:
        """The step behind it, with what a Set there names."""
        step, named = self.step(place), dict(place.named)
        if step is not None and step.application == "set":
            pairs = ((name.lstrip("_"), value) for name, value in pairs_of(step))
            named |= {name: value for name, value in pairs if name in self.recorded}
        return replace(place.after(), named=tuple(sorted(named.items())))

    def lead(self, place: Place | None) -> str:
        """The node of the first step from ``place`` on that does something; the end where there is none."""
        there = self.settled(place)
        if there is None:
            return END
        if not there.back and there.context not in self.naming:
            written, there = self.missing.get(there), replace(there, named=())
            if written is not None:
                self.missing[there] = written
        if there not in self.names:
            if len(self.names) >= PLACES_MOST:
                self._is_too_large(there)
                return END
            self.names[there] = self._named(there)
            self.ahead.append(there)
        return self.names[there]

    def _is_too_large(self, there: Place) -> None:
        step = self.step(there)
        if not self.is_full and step is not None:
            self.is_full = True
            message = (
                f"this menu has more than {PLACES_MOST} steps that calls come to; where calls would go on, they end"
            )
            self.draft.fault(step.at, message)

    def settled(self, place: Place | None) -> Place | None:
        """The first step from here on that does something, jumps followed; None where the call ends."""
        passed: set[Place] = set()
        while place is not None and place not in passed:
            passed.add(place)
            step = self.step(place)
            if place in self.missing:
                return place
            if step is None:  # a macro comes back by itself, a subroutine does not
                place = _returned(place) if place.context.startswith("macro-") else None
                continue
            if len(passed) > PASSED_MOST:
                message = f"more than {PASSED_MOST} steps here do nothing that callers meet; the call ends"
                self.draft.fault(step.at, message)
                return None
            is_passed, following = self._passed(place, step)
            if not is_passed:
                return place
            place = following
        return None

    def _passed(self, place: Place, step: Step) -> tuple[bool, Place | None]:
        """Whether a step does nothing that a caller meets, and then where the call goes from it."""
        match step.application:
            case "goto":
                return True, self.target(place, step.arguments)
            case "gosub" | "macro":
                called = self._called(place, step)
                return called is not None, called
            case "return" | "macroexit":
                return True, _returned(place)
            case "set" | "mset" if not (self.sets(step) or language_of(step) or stored_by(step)):
                return True, self.behind(place)
            case "endwhile" | "continuewhile":
                return True, self.start_of_loop(place) or place.after()
            case "exitwhile":
                end = self.end_of_loop(place)
                return True, None if end is None else end.after()
        return step.application in PASSED_BY, place.after()

    def sets(self, step: Step) -> list[tuple[str, str]]:
        """The variables that a Set puts something into; functions of Asterisk are none."""
        return [(name, value) for name, value in pairs_of(step) if name.lstrip("_") not in self.recorded]

    def start_of_loop(self, place: Place) -> Place | None:
        """The While whose EndWhile stands at ``place``, or around it."""
        return self._around(place, -1)

    def end_of_loop(self, place: Place) -> Place | None:
        """The EndWhile of the While at ``place``, or around it."""
        return self._around(place, 1)

    def _around(self, place: Place, way: int) -> Place | None:
        steps = self.plan.contexts[place.context].extensions[place.extension]
        opens, closes = ("while", "endwhile") if way > 0 else ("endwhile", "while")
        depth = 0
        for priority in range(place.priority + way, place.priority + way * LOOP_MOST, way):
            application = steps[priority].application if priority in steps else ""
            if application == closes and depth == 0:
                return place.at(place.context, place.extension, priority)
            depth += (application == opens) - (application == closes)
        return None

    def target(self, place: Place, written: str) -> Place:
        """Where a Goto leads: a priority or label, with an extension and a context before it where it leaves these."""
        for name, status in GONE_ON.items():
            written = written.replace(f"${{{name}}}", status.strip('"'))
        words = [word.strip() for word in written.replace("|", ",").split(",") if word.strip()]
        context, extension = place.context, place.extension
        if len(words) > 2:
            context = words[-3]
        if len(words) > 1:
            extension = words[-2]
        found = self.plan.extension(context, extension) if words else None
        found = found or (self.plan.extension(context, "i") if words and context in self.plan.contexts else None)
        if found is not None:
            steps = self.plan.contexts[found[0]].extensions[found[1]]
            wanted = words[-1] if found[1] == extension or found[1].startswith("_") else "1"
            labelled = (number for number, step in steps.items() if step.label == wanted)
            priority = int(wanted) if wanted.isascii() and wanted.isdigit() else next(labelled, 0)
            if priority in steps:
                return place.at(found[0], found[1], priority)
        nowhere = place.at(context, extension, 0)
        step = self.step(place)
        assert step is not None, "somebody leads there"
        self.missing[nowhere] = one_line(",".join(words), 60) or "nothing", step.at
        return nowhere

    def _called(self, place: Place, step: Step) -> Place | None:
        if len(place.back) >= CALLS_MOST:
            return None
        words = step.split()
        written = f"macro-{words[0]},s,1" if step.application == "macro" and words else ",".join(words)
        given = words[1:]
        inner = re.search(r"\((.*)\)\s*$", written)
        if step.application == "gosub":
            given = [one.strip() for one in arguments_of(inner[1])] if inner is not None else []
            written = written[: inner.start()] if inner is not None else written
        target = self.target(place, written)
        arguments = {f"ARG{number}": one[:VALUE_MOST] for number, one in enumerate(given[:9], 1)}
        named = {name: value for name, value in place.named if not ARGUMENT.fullmatch(name)} | arguments
        return replace(target, back=(*place.back, place.after()), named=tuple(sorted(named.items())))

    def _named(self, place: Place) -> str:
        step = self.step(place)
        own = "" if place.extension in ("s", "start") else f"-{_WORDS.get(place.extension, place.extension)}"
        label = f"-{step.label}" if step is not None and step.label else ""
        return self._own(as_name(f"{place.context}{own}{label}"[:50], "step"))

    def _own(self, wanted: str) -> str:
        name = unused(wanted, self.taken)
        self.taken.add(name)
        return name

    def beside(self, name: str, word: str) -> str:
        """The name of one more node of a step."""
        return self._own(f"{name[:50]}-{word}")

    def recordings(self, name: str, written: str) -> str:
        """The prompt for one or several recordings, joined with ampersands."""
        files = [re.sub(r"\$\{[^}]*\}", "…", one).strip() for one in written.split("&", FILES_MOST) if one.strip()]
        if not files:
            return self.draft.silence()
        shown = one_line(" ".join(f"[{one_line(file, 80)}]" for file in files), TEXT_MOST)
        wanted = as_name(files[0].rpartition("/")[2], name)
        for prompt, said in self.draft.prompts.items():
            if said.text == shown:
                return prompt
        prompt = self.draft.prompt(wanted, shown, f"the recording {' and then '.join(files)}")
        self.draft.to_bind.append(
            f"put the recording {one_line(written, 150)} beside the prompt “{prompt}”, and its words"
        )
        return prompt


def _returned(place: Place) -> Place | None:
    """The step behind the Gosub or Macro that led here, with what that was given itself."""
    if not place.back:
        return None
    there = place.back[-1]
    named = {name: value for name, value in place.named if not ARGUMENT.fullmatch(name)}
    named |= {name: value for name, value in there.named if ARGUMENT.fullmatch(name)}
    return replace(there, named=tuple(sorted(named.items())))
