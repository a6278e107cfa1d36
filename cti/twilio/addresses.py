"""The addresses that Twilio is given to call: they carry the call and the step, so that an answer says what it is to.

=====================================  ======================================================================
below the public address               called when
=====================================  ======================================================================
voice, fallback, status                a call comes in; an address failed; a call that came in is over
calls/<call>/said/<step>               a prompt that may be interrupted is over
calls/<call>/keys/<step>               <Gather> has gathered
calls/<call>/message/<step>            <Record> is over
calls/<call>/outside/<step>            <Dial> of a number outside is over
calls/<call>/wait/<mark>               the caller is in Twilio's queue and wants something to hear
calls/<call>/key/<mark>                … and has pressed a key
calls/<call>/left/<mark>               … and is in it no more
calls/<call>/talked/<mark>             the conference is over for the caller
calls/<call>/now/<mark>                what is the caller to do now?
legs/<call>/<leg>                      the phone of an agent (an offer's name) or a customer: how it stands
reached/<call>/<step>                  the number outside: how it stands
recorded/<name>                        a recording is ready: a message, or a conversation
ready                                  “holdless twilio check” looks whether what is signed comes through
prompts/<language>/<prompt>            a sound file is to be played (GET, unsigned: anybody may hear the prompts)
=====================================  ======================================================================

A step is the centre's number of what it wants, so an answer fits or is stale whichever process gave the address. A mark
is new for each document.
"""

from __future__ import annotations

from urllib.parse import quote

READY = "ready"
CUSTOMER = "customer"
"""The leg of a customer who is called back; an agent's leg has the name of the offer."""


class Addresses:
    """Builds the addresses."""

    def __init__(self, public_url: str, fallback: str, boot: int) -> None:
        """*boot*: differs from one process to the next (its start, Unix milliseconds)."""
        self.fallback = fallback
        """What Twilio is to ask where one of these fails."""
        self._base = public_url
        self._boot = f"{boot:x}"
        self._marks = 0

    def to(self, *parts: str | int) -> str:
        """The address with these parts, encoded whatever stands in them."""
        path = "/".join(quote(str(part), safe="") for part in parts)
        return f"{self._base}/{path}"

    def recorded(self, name: str) -> str:
        """Where Twilio says that a recording is ready."""
        return self.to("recorded", name)

    def mark(self) -> str:
        """Never the same twice."""
        self._marks += 1
        return f"{self._boot}-{self._marks}"
