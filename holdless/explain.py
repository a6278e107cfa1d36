"""``holdless explain``: why a call went where it went, replayed from the journal and told in plain language."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field

from rich.console import Console
from rich.text import Text

from acd.explain import Decision, explain_wait, watch
from centre.effects import Answered, CallEnded, Effect, OfferEnded, Queued, Released
from centre.machine import Centre
from centre.orders import Ring
from config.site import Site
from cti.journal import Entry
from cti.journal.source import Source
from holdless.words import Words
from ivr.hours import wall_clock

REPLAYED_BEFORE_MS = 36 * 60 * 60 * 1000
"""How long before the call the replay begins: who is at work, and what they did today, is known by then."""
KNOWN_SHOWN = 5


class UnknownCall(Exception):
    """The journal does not speak of the call; the text says what it does speak of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Something that happened to the call, and why."""

    at: int
    """Unix milliseconds."""
    what: str
    """“queued”, “waits”, “relaxed”, “offered”, “passed-over”, “offer-ended”, “answered”, “released” or “ended”."""
    text: tuple[str, ...]
    """In plain language; the first line says what happened."""
    decision: Decision | None = None


@dataclass(slots=True, kw_only=True)
class Story:
    """All that was decided about one call."""

    call: str
    moments: list[Moment] = field(default_factory=list)
    rules_changed: bool = False
    """The journal was written under another configuration than the site has now, or the replay went another way."""


def explain_call(site: Site, journal: Source, call: str) -> Story:
    """The story of ``call`` from ``journal``, by the rules of ``site``.

    Raises :class:`UnknownCall`, or :class:`~cti.journal.JournalError` where the journal cannot be read.
    """
    begins, ends = _span(journal.read(), call)
    return _Replay(site, call).told(_until(journal.read(begins - REPLAYED_BEFORE_MS), ends))


def print_story(site: Site, story: Story, console: Console) -> None:
    """The story for people to read, with the site's own time."""
    console.print(Text.assemble("Call ", (story.call, "bold")), highlight=False)
    if story.rules_changed:
        console.print(
            "The site has changed since this call: it is explained by today's rules, which may have decided otherwise.",
            style="yellow",
            soft_wrap=True,
        )
    for moment in story.moments:
        head, *reasons = moment.text
        console.print(
            Text(f"{wall_clock(moment.at, site.time_zone):%H:%M:%S}  {head}"), highlight=False, soft_wrap=True
        )
        for reason in reasons:
            console.print(Text(f"          {reason}"), highlight=False, soft_wrap=True)


def story_as_json(story: Story) -> str:
    """Everything, with times in Unix milliseconds."""
    return json.dumps(asdict(story), ensure_ascii=False, indent=2)


def _span(entries: Iterable[Entry], call: str) -> tuple[int, int | None]:
    """When the call is first spoken of (Unix milliseconds), and the number of the entry that ends it, if one does."""
    begins = None
    known: dict[str, None] = {}
    for entry in entries:
        spoken_of = _calls_of(entry)
        for other in spoken_of:
            known.pop(other, None)
            known[other] = None
            if len(known) > KNOWN_SHOWN:
                del known[next(iter(known))]
        if call in spoken_of:
            begins = entry.at if begins is None else begins
            if any(isinstance(effect, CallEnded) and effect.record.call == call for effect in entry.effects):
                return begins, entry.seq
    if begins is None:
        latest = f"the latest calls are {', '.join(known)}" if known else "it holds no calls at all"
        raise UnknownCall(f"the journal does not know the call “{call}”; {latest}")
    return begins, None


def _calls_of(entry: Entry) -> list[str]:
    found = [getattr(entry.event, "call", None)]
    found += [
        effect.record.call if isinstance(effect, CallEnded) else getattr(effect, "call", None)
        for effect in entry.effects
    ]
    return [call for call in dict.fromkeys(found) if call]


def _until(entries: Iterable[Entry], last: int | None) -> Iterator[Entry]:
    for entry in entries:
        yield entry
        if last is not None and entry.seq >= last:
            return


class _Replay:
    """Runs a centre through the journal and notes what concerns one call."""

    def __init__(self, site: Site, call: str) -> None:
        self._site = site
        self._centre = Centre(site.centre)
        self._call = call
        self._words = Words(site)
        self._story = Story(call=call)
        self._decided: list[Decision] = []
        self._needs = ""
        watch(self._centre.acd, call, self._decided.append)

    def told(self, entries: Iterable[Entry]) -> Story:
        """The story."""
        for entry in entries:
            self._decided.clear()
            effects = self._centre.apply(entry.event, entry.at)
            concerned = self._decided or self._call in _calls_of(entry)
            other_rules = entry.header.configuration not in ("", self._site.digest)  # "": it does not say
            if concerned and (other_rules or tuple(effects) != entry.effects):
                self._story.rules_changed = True
            waits = False
            for effect in effects:
                waits = self._note(entry.at, effect, waits=waits)
            self._note_wait(entry.at, new=waits)
        return self._story

    def _add(self, at: int, what: str, text: tuple[str, ...], decision: Decision | None = None) -> None:
        self._story.moments.append(Moment(at=at, what=what, text=text, decision=decision))

    def _note(self, at: int, effect: Effect, *, waits: bool) -> bool:
        """Notes one effect; whether the call, after it, waits anew."""
        words = self._words
        match effect:
            case Ring() if (decision := self._decision_about(effect)) is not None:
                if effect.call == self._call:
                    self._add(at, "offered", words.offered(decision), decision)
                    return False
                self._add(at, "passed-over", words.passed_over(decision, self._call), decision)
            case Queued(call=self._call):
                self._add(at, "queued", words.queued(effect))
                return True
            case OfferEnded(call=self._call):
                self._add(at, "offer-ended", words.offer_ended(effect))
                return True
            case Answered(call=self._call):
                self._add(at, "answered", words.answered(effect))
                return False
            case Released(call=self._call):
                self._add(at, "released", words.released(effect))
                return False
            case CallEnded() if effect.record.call == self._call:
                self._add(at, "ended", words.ended(effect.record))
                return False
            case _:
                pass
        return waits

    def _decision_about(self, ring: Ring) -> Decision | None:
        found = [one for one in self._decided if (one.call, one.agent) == (ring.call, ring.agent)]
        return found[0] if found else None

    def _note_wait(self, at: int, *, new: bool) -> None:
        """Notes why the call waits, if it does so only now, or what it needs from now on, if that is something new."""
        try:
            decision = explain_wait(self._centre.acd, self._call)
        except KeyError:
            return
        if new:
            self._add(at, "waits", self._words.waits(decision), decision)
        elif decision.needs != self._needs:
            self._add(at, "relaxed", self._words.relaxed(decision), decision)
        self._needs = decision.needs
