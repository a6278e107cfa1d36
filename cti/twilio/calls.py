"""A call on the Twilio line: what the centre wants of it, and what was last handed out to Twilio. No I/O.

Twilio asks, and is told what a call is to do from now on; between two questions it goes on by itself. So the line keeps
what is wanted, hands it out with the next answer, and only where none is due has Twilio ask again.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from enum import StrEnum

from centre.dialling import is_callback
from centre.effects import Ask, CallOutside, HangUp, Speak, TakeMessage, Wait
from cti.twilio.legs import Leg
from ivr import collect
from ivr.collect import Collector
from ivr.messages import Entered
from ivr.records import replace


class Place(StrEnum):
    """Where the caller is at Twilio, by the last document."""

    MENU = "menu"
    """Hears or is asked something; also where no document was handed out yet."""
    QUEUE = "queue"
    """In Twilio's queue, with music."""
    CONFERENCE = "conference"
    """In a conference of the call's own, with music until an agent comes in."""


Wish = Speak | Ask | TakeMessage | CallOutside | Wait | HangUp
"""What a document ends with. Of Speak only what may be interrupted: the rest is said on the way."""


@dataclass(slots=True, kw_only=True, eq=False)
class TwilioCall:
    """One call."""

    id: str
    """The centre's name of it."""
    sid: str = ""
    """Twilio's name of the caller's leg; empty while nobody is on the line."""
    said: list[Speak] = field(default_factory=list)
    """To be spoken before what is wanted; not handed out yet."""
    beside: list[Speak] = field(default_factory=list)
    """To be spoken to it in the queue, before the music and where its keys count."""
    wants: Wish | None = None
    """None: the centre is about to say (a data dip), or has left the caller to an agent."""
    due: bool = False
    """Whether something is wanted that no document has said."""
    place: Place = Place.MENU
    legs: dict[str, Leg] = field(default_factory=dict)
    """Agents' phones that ring for the call, by offer; and the one that answered."""
    agent: Leg | None = None
    """The one that answered, as long as it is there."""
    customer: Leg | None = None
    """The leg that is dialled for a callback."""
    conference: str = ""
    """Twilio's name of the call's conference, once known."""
    record: str = ""
    """The name of the recording of the conversation; empty: it is not recorded."""
    held: bool = False
    comes_back: bool | None = False
    """Whether the centre will want something of the caller when the conversation is over; None: it was an engine before
    this one that had the agent rung, and was told."""
    parted: bool = False
    """The conversation is over, and nothing is wanted of the caller any more."""
    over: bool = False
    """The caller is gone."""
    turned_away: bool = False
    """The centre did not take the caller in."""
    hung_up_by: str = ""
    open: int = 0
    """Requests of Twilio's that are being answered."""
    moving: bool = False
    """Twilio was told to ask what is to be done, and has not asked yet."""
    leaving: bool = False
    """The caller is gone, and how long the message is that it left is still to come."""
    reached: bool = False
    """The number outside has answered."""
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    failures: int = 0
    """How often it came to the fallback address, each time within a minute of the last."""
    failed_at: int = 0
    """When it came there last, Unix milliseconds."""
    shunned: bool = False
    """Twilio's queue did not take the caller, who waits in the conference instead."""
    typed_ahead: str = field(default="", repr=False)
    """Keys pressed before the question that they are for: nobody's, or a secret's."""
    gathered: Collector | None = field(default=None, repr=False)
    """The keys that the present question has from before."""
    secrets: dict[int, str] = field(default_factory=dict, repr=False)
    """What the caller entered at sensitive questions, by step: for data dips, and nowhere else."""

    @property
    def talking(self) -> bool:
        """Whether caller and agent are connected."""
        return self.agent is not None and bool(self.sid)

    @property
    def waits_in_conference(self) -> bool:
        """Whether the call belongs into its conference now.

        A phone that rings brings the caller there, so that the two are connected by Twilio alone when it is answered.
        Who is called back is there from the start: the conference has the call's name, so a new engine can tell which
        call this is.
        """
        if self.agent is not None or any(not leg.over for leg in self.legs.values()):
            return True
        return isinstance(self.wants, Wait) and (self.shunned or is_callback(self.id))

    @property
    def is_clear(self) -> bool:
        """Whether it is known what the caller is to do now; else the centre is about to say."""
        return bool(self.said) or self.wants is not None or self.waits_in_conference or self.parted

    def want(self, wish: Wish) -> None:
        """The centre wants this from now on."""
        self.wants, self.due, self.parted = wish, True, False
        self.gathered = None
        self.changed.set()

    def ask(self, order: Ask, now: int) -> Entered | None:
        """The centre asks. What was typed ahead counts; the answer, where that is all of it."""
        state = collect.begin(order.keys, now, prompt_playing=bool(order.prompts))
        typed, self.typed_ahead = self.typed_ahead if order.keys.type_ahead else "", ""
        state, self.typed_ahead = collect.typed_ahead(state, typed, now)
        if order.prompts and not state.stop_prompt:
            if state.end is None:
                self.want(order)
                self.gathered = state
                return None
            self.said.append(_statement(order))
            state = collect.prompt_ended(state, now)
        if state.done:
            return self._entered(order, state)
        self.want(replace(order, prompts=()))
        self.gathered = state
        return None

    def keys(self, order: Ask, digits: str, *, ended_by: str, now: int) -> Entered:
        """The answer to the question, of which Twilio has gathered *digits*; *ended_by*: the key that ended it."""
        before = self.gathered or collect.begin(order.keys, now, prompt_playing=False)
        state, self.typed_ahead = collect.typed_ahead(collect.prompt_ended(before, now), digits, now)
        if not state.done and ended_by and ended_by == order.keys.terminator:
            state = collect.key(state, ended_by, now)
        if not state.done:
            assert state.deadline is not None
            state = collect.timer(state, state.deadline)
        return self._entered(order, state)

    def _entered(self, order: Ask, state: Collector) -> Entered:
        self.wants, self.gathered = None, None
        if order.keys.sensitive:
            self.secrets[order.step] = state.keys
        return state.entered(order.step)

    @property
    def still_to_come(self) -> int:
        """How many keys the present question still takes."""
        assert isinstance(self.wants, Ask)
        return self.wants.keys.most - (len(self.gathered.keys) if self.gathered is not None else 0)

    def handed_out(self, place: Place) -> None:
        """A document says all that is wanted."""
        self.said.clear()
        self.due, self.place = False, place
        if place is Place.CONFERENCE:
            self.greeted()
        else:
            self.conference = ""  # it ends without the caller; the next one has another name

    def greeted(self) -> None:
        """Who comes back to wait has heard what is said at the beginning."""
        self.beside.clear()
        if isinstance(self.wants, Wait):
            self.wants = replace(self.wants, prompts=())


def _statement(order: Ask) -> Speak:
    return Speak(call=order.call, step=order.step, prompts=order.prompts, language=order.language, values=order.values)
