"""What the line knows of one call on the exchange."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from centre.orders import Order, Ring, StopRinging, TakeMessage
from cti.asterisk.keypad import Keypad


@dataclass(slots=True, kw_only=True, eq=False)
class LineCall:
    """One call on the exchange."""

    id: str
    """The centre's name of it."""
    channel: str
    """The Uniqueid of the caller's channel; actions take it in place of the channel's name."""
    number: str = ""
    name: str = ""
    """Who waits, as the exchange presents it."""
    menu: asyncio.Queue[Order | None] = field(default_factory=asyncio.Queue)
    """What the engine still has to say or ask; None: the caller is gone."""
    in_menu: bool = False
    """Whether the caller's channel is in FastAGI with this process."""
    fetched: bool = False
    """Whether it is on its way there."""
    sent_off: bool = False
    """Whether the exchange has been seen to take it off for there."""
    leaves_menu: bool = False
    """Whether the engine is about to move the caller from a menu to the music."""
    offer: str | None = None
    rang: bool = False
    adopted: bool = False
    """Whether the phone was rung by an engine before this one; the centre may know nothing of that offer."""
    leg: str | None = None
    """The Uniqueid of the agent's channel, once answered."""
    answered: str = ""
    """The offer by which the two talk, where that is known."""
    held: bool = False
    comes_back: bool = False
    """Whether the exchange brings the caller to AFTER when the agent hangs up."""
    served: bool = False
    """Whether the conversation is over, and the caller was still there."""
    given_up: bool = False
    """Whether the call is over to the centre, which could make nothing of the conversation; nobody parts the two. A
    caller who waits again afterwards is one like any other."""
    phone: str = ""
    """The phone that was last rung for it."""
    dialled: str = ""
    """The phone that the exchange lets ring for it by Dial, or may be about to, or to stop."""
    dialled_by: str = ""
    """The last offer for which it does: the same phone may have been dialled for one before."""
    keys: str = ""
    """The keys that mean something while its music plays."""
    recording: TakeMessage | None = None
    """The message that the caller is speaking."""
    outside: bool = False
    """Whether a number outside is being dialled for it, or has answered."""
    hung_up_by: str = ""
    unsent: Ring | StopRinging | None = None
    """The last word on whom to ring, where the link was down for it."""
    keypad: Keypad = field(default_factory=Keypad, repr=False)
    """What the caller presses while in the menu, or on the way there."""
    secrets: dict[int, str] = field(default_factory=dict, repr=False)
    """What the caller entered at sensitive questions, by step: for data dips, and nowhere else."""
    rests: asyncio.Event = field(default_factory=asyncio.Event)
    """Set while the caller's channel stays in one application (FastAGI, music, Dial, a bridge): only then may it be
    redirected. A Redirect into the steps between two applications is lost or ends the call (seen with Asterisk 22.10:
    2 in 100), for the channel's own thread is just writing where it goes next."""

    @property
    def talking(self) -> bool:
        """Whether an agent answered and is still there."""
        return self.leg is not None

    def into_menu(self) -> asyncio.Queue[Order | None]:
        """A session has the caller from now on; returns what is for it. What is left of the end of a session before it,
        which was broken off and did not hear that any more, is not."""
        for order in [self.menu.get_nowait() for _ in range(self.menu.qsize())]:
            if order is not None:
                self.menu.put_nowait(order)
        self.in_menu, self.fetched, self.sent_off = True, False, False
        self.rests.set()
        return self.menu

    def out_of_menu(self) -> None:
        """The caller was taken out of the menu. A session that still waits for what to say there, or has not noticed
        yet, ends, and has nothing of what comes next, which is for the session after it."""
        if self.in_menu:
            self.menu.put_nowait(None)
            self.menu, self.in_menu = asyncio.Queue(), False
