"""A whole centre as it runs: what :func:`config.loader.load_site` makes of a site's folder. All of it is frozen."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from acd.setup import AcdSetup
from centre.machine import CentreSetup
from centre.numbers import NumberRules
from config.staffing import Staffing
from config.workload import Workload
from ivr.aloud import Markup, Template
from ivr.flow import Flow
from ivr.hours import Calendar

Texts = Mapping[str, str]
"""The same words by language (“en”, “ru”, “uk” …)."""


def text_in(texts: Texts, language: str) -> str:
    """The words in ``language``, else in English, else in whichever language there is."""
    return texts.get(language) or texts.get("en") or next(iter(texts.values()), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueText:
    """What people read of a queue. How it routes is in ``Site.acd``."""

    id: str
    title: Texts
    target: float
    """The x of “x % within y seconds”, 0 to 1; y is ``threshold_ms`` of the queue's setup."""
    record: bool = False
    """Its conversations are recorded, on lines that can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentText:
    """What people read of an agent, and how the agent's phone is dialled."""

    id: str
    name: str
    phone: str
    """An Asterisk endpoint such as “PJSIP/olena”; empty on a site without Asterisk."""
    twilio_phone: str = ""
    """What Twilio dials, such as “sip:olena@example.sip.twilio.com”; empty on a site without Twilio."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """One prompt in one language."""

    text: str
    """As it stands in prompts.yaml; of one with marks its words."""
    recording: Path | None
    """The sound file, if there is one: prompts/<language>/<prompt>.<wav, sln16 …>. None of a prompt with values."""
    template: Template = ()
    """The text in parts, of a prompt that reads values aloud; of any other nothing."""
    pieces: Mapping[str, Path | None] = field(default_factory=dict)
    """The sound files of such a prompt's own words, by the name of the piece: prompts/<language>/<prompt>/<piece>.<wav
    …>; None: not recorded."""
    ssml: Markup = ()
    """How to speak it, where a voice knows SSML; nothing of a prompt without marks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Virtual:
    """The in-process exchange."""

    calls_per_hour: float = 0.0
    """Simulated callers on the live service; 0 for silence."""
    played: tuple[str, ...] = ()
    """Agents whom the machine plays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ami:
    """Where Asterisk's manager interface listens, and who logs in there."""

    host: str
    port: int
    user: str
    secret_file: Path
    """Read by the line when it connects; the file need not be there for a centre without Asterisk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FastAgi:
    """Where we listen for Asterisk's FastAGI requests."""

    host: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Asterisk:
    """The Asterisk that ``holdless serve --line asterisk`` drives."""

    ami: Ami
    fastagi: FastAgi
    trunk: str
    """How a number outside is dialled, with {number} in it; empty: not at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """Who speaks a language at Twilio."""

    language: str
    """As Twilio names it: “en-US”."""
    voice: str = ""
    """Empty: Twilio's own choice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Twilio:
    """The Twilio account that ``holdless serve --line twilio`` drives."""

    secret_file: Path
    """Account SID and Auth Token, one a line; read by the line when it starts."""
    shared_key_file: Path | None
    """The secret of the shared key that requests are signed with, if they are."""
    public_url: str
    """Where Twilio reaches us: “https://calls.example.com/twilio”, without a slash at the end."""
    fallback_url: str
    """What Twilio asks where that fails."""
    api: str
    """Where Twilio is told what to do: “https://api.twilio.com”."""
    host: str
    port: int
    """Where we listen."""
    caller_id: str
    """E.164."""
    music: str
    """The address of a sound file."""
    voices: Mapping[str, Voice]
    """By language; of the site's each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebService:
    """What data dips may ask."""

    url: str
    """Its address, without a slash at the end: “https://crm.example.com”; paths of flows are put behind it."""
    authorization: Path | None
    """A file that holds what is sent as the header “Authorization”; read at every request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One centre."""

    id: str
    """The folder's name."""
    folder: Path
    name: Texts
    time_zone: ZoneInfo
    languages: tuple[str, ...]
    """What callers can be spoken to in."""
    acd: AcdSetup
    skills: Mapping[str, Texts]
    queues: Mapping[str, QueueText]
    agents: Mapping[str, AgentText]
    flows: Mapping[str, Flow]
    """By digest."""
    entry: str
    """The digest of the flow that a call begins with."""
    prompts: Mapping[str, Mapping[str, Prompt]]
    """By prompt, then by language."""
    fragments: Mapping[str, Mapping[str, Path]]
    """The site's own recordings of words that values are read with: by language, then by word (“digits/20”)."""
    calendars: Mapping[str, Calendar]
    numbers: NumberRules | None
    """Who may be called back; None: nobody."""
    pace_kept_ms: int
    """So long after a call whose caller needed more time the next one of theirs begins with it; 0: not at all."""
    not_ready_reasons: Mapping[str, Texts]
    dispositions: Mapping[str, Texts]
    outside_numbers: Mapping[str, str]
    """What flows may dial: the number by the name that flows use."""
    customers: Path | None
    """A CSV file in UTF-8 with a column “number”."""
    web_services: Mapping[str, WebService]
    """By the name that flows use."""
    workload: Workload | None
    staffing: Staffing | None
    virtual: Virtual
    asterisk: Asterisk | None
    twilio: Twilio | None = None
    sources: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    """The files that the rules, menus and prompts were read from, by their names in ``folder``; see
    :func:`config.sources.site_of`."""
    former_prompts: frozenset[tuple[str, str]] = field(default=frozenset(), repr=False, compare=False)
    """Those of ``prompts``, each with its language, that are in these files no more: callers who are in a menu of
    before may hear them still."""

    @property
    def digest(self) -> str:
        """Names the rules and flows exactly: the same digest, the same decisions."""
        rules = (self.acd, sorted(self.flows), self.entry, self.numbers, self.pace_kept_ms, sorted(self._recorded))
        return hashlib.sha256(repr(rules).encode()).hexdigest()[:32]

    @property
    def centre(self) -> CentreSetup:
        """What the live service and the simulator build their centre from."""
        return CentreSetup(
            acd=self.acd,
            flows=self.flows,
            entry=self.entry,
            numbers=self.numbers,
            recorded=self._recorded,
            pace_kept_ms=self.pace_kept_ms,
        )

    @property
    def _recorded(self) -> frozenset[str]:
        return frozenset(queue.id for queue in self.queues.values() if queue.record)

    @property
    def entry_flow(self) -> Flow:
        """The flow that a call begins with."""
        return self.flows[self.entry]
