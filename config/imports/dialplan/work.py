"""The way through a dialplan: which step comes next, and what the nodes are called."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from config.imports.dialplan.reading import Dialplan, Step
from config.imports.dialplan.values import Known
from config.imports.draft import END, Draft
from config.imports.names import as_name, one_line, unused
from config.imports.source import Json

PLACES_MOST = 2_000
CALLS_MOST = 5
"""How deep Gosub and Macro may go."""

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
_NAMED = re.compile(r"\$\{(\w+)\}")
_IF_NAMED = re.compile(
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
    """Contexts that name these."""
    missing: dict[Place, tuple[str, Json]] = field(default_factory=dict)
    """Places that are led to and are not in the file, as they are written, and where."""
    names: dict[Place, str] = field(default_factory=dict)
    ahead: list[Place] = field(default_factory=list)

    def step(self, place: Place) -> Step | None:
        """What is done there, recordings put in; None behind the last step of an extension."""
        context = self.plan.contexts.get(place.context)
        step = None if context is None else context.extensions.get(place.extension, {}).get(place.priority)
        if step is None or "${" not in step.arguments:
            return step
        named = dict(place.named)
        arguments = _NAMED.sub(
            lambda found: named.get(found[1], "") if found[1] in self.recorded else found[0], step.arguments
        )
        condition = _IF_NAMED.fullmatch(arguments) if step.application == "execif" else None
        if condition is None:
            return replace(step, arguments=arguments)
        if (condition["left"] == condition["right"]) is (condition["sign"] == "="):
            return replace(step, application=condition["name"].lower(), arguments=condition["arguments"])
        return replace(step, application="noop")

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
                return END
            self.names[there] = self._named(there)
            self.ahead.append(there)
        return self.names[there]

    def settled(self, place: Place | None) -> Place | None:
        """The first step from here on that does something, jumps followed; None where the call ends."""
        passed: set[Place] = set()
        while place is not None and place not in passed and len(passed) < 1_000:
            passed.add(place)
            step = self.step(place)
            if place in self.missing:
                return place
            if step is None:  # a macro comes back by itself, a subroutine does not
                place = _returned(place) if place.context.startswith("macro-") else None
                continue
            match step.application:
                case "goto":
                    place = self.target(place, step.arguments)
                case "gosub" | "macro":
                    called = self._called(place, step)
                    if called is None:
                        return place
                    place = called
                case "return" | "macroexit":
                    place = _returned(place)
                case "set" if not self.sets(step):
                    place = self.behind(place)
                case name if name in PASSED_BY:
                    place = place.after()
                case _:
                    return place
        return None

    def sets(self, step: Step) -> list[tuple[str, str]]:
        """The variables that a Set puts something into; functions of Asterisk are none."""
        return [(name, value) for name, value in pairs_of(step) if name.lstrip("_") not in self.recorded]

    def target(self, place: Place, written: str) -> Place:
        """Where a Goto leads: a priority or label, with an extension and a context before it where it leaves these."""
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
        target = self.target(place, re.sub(r"\(.*\)\s*$", "", written))
        return replace(target, back=(*place.back, place.after()))

    def _named(self, place: Place) -> str:
        step = self.step(place)
        own = "" if place.extension in ("s", "start") else f"-{_WORDS.get(place.extension, place.extension)}"
        label = f"-{step.label}" if step is not None and step.label else ""
        return unused(as_name(f"{place.context}{own}{label}"[:50], "step"), {*self.names.values(), *self.draft.nodes})

    def beside(self, name: str, word: str) -> str:
        """The name of one more node of a step."""
        return unused(f"{name[:50]}-{word}", {*self.names.values(), *self.draft.nodes})

    def recordings(self, name: str, written: str) -> str:
        """The prompt for one or several recordings, joined with ampersands."""
        files = [re.sub(r"\$\{[^}]*\}", "…", one).strip() for one in written.split("&") if one.strip()]
        if not files:
            return self.draft.silence()
        shown = " ".join(f"[{one_line(file, 80)}]" for file in files)
        wanted = as_name(files[0].rpartition("/")[2], name)
        for prompt, said in self.draft.prompts.items():
            if said.text == one_line(shown, 2_000):
                return prompt
        prompt = self.draft.prompt(wanted, shown, f"the recording {' and then '.join(files)}")
        self.draft.to_bind.append(
            f"put the recording {one_line(written, 150)} beside the prompt “{prompt}”, and its words"
        )
        return prompt


def _returned(place: Place) -> Place | None:
    """The step behind the Gosub or Macro that led here."""
    return replace(place.back[-1], named=place.named) if place.back else None


def pairs_of(step: Step) -> list[tuple[str, str]]:
    """The variables of a Set with what goes into them; functions of Asterisk are none."""
    pairs = (one.partition("=")[::2] for one in step.split())
    return [(name.strip(), value.strip()) for name, value in pairs if re.fullmatch(r"\w{1,80}", name.strip())]


def recorded(plan: Dialplan) -> frozenset[str]:
    """Variables that Background and Playback name, and that are set to plain names only."""
    steps = [step for one in plan.contexts.values() for steps in one.extensions.values() for step in steps.values()]
    playing = ("background", "playback", "execif")
    names = {name for step in steps if step.application in playing for name in _NAMED.findall(step.arguments)}
    put = [pair for step in steps if step.application == "set" for pair in pairs_of(step)]
    known = {name.lstrip("_") for name, _ in put}
    return frozenset(names & known - {name.lstrip("_") for name, value in put if not re.fullmatch(r"[\w./&-]*", value)})


def naming(plan: Dialplan, names: frozenset[str]) -> frozenset[str]:
    """The contexts in which a step names one of the variables."""
    return frozenset(
        context.name
        for context in plan.contexts.values()
        if any(
            names & set(_NAMED.findall(step.arguments))
            for steps in context.extensions.values()
            for step in steps.values()
        )
    )
