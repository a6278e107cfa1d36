"""What can go wrong on the way to Asterisk's manager interface (AMI), one class for each thing a caller can do."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cti.asterisk.ami_messages import AmiReply


class AmiError(Exception):
    """Anything that kept an action from being carried out, or from being known to be carried out."""


class AmiUnreachable(AmiError):
    """No manager interface could be reached at the address: nobody listens, or somebody else does."""


class AmiLost(AmiError):
    """The link broke, or was not up. An action that was under way may or may not have been carried out;
    it is never sent again by itself: look at the exchange (resync) and decide anew."""


class AmiTimeout(AmiError):
    """Asterisk did not answer within the deadline. The action may or may not have been carried out."""


class AmiRefused(AmiError):
    """Asterisk answered with an error. *reply* is the whole answer, *message* Asterisk's own words."""

    def __init__(self, text: str, reply: AmiReply) -> None:
        super().__init__(text)
        self.reply = reply
        self.message = reply.message


class AmiLoginRefused(AmiRefused):
    """Asterisk does not accept the manager user or its secret."""
