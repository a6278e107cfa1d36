"""What follows on a conversation: it asks, and goes nowhere; and who has talked to nobody is not asked how it was."""

from __future__ import annotations

from config.check.waiting import here
from config.documents import Document
from ivr.flow import Callback, Flow, Queue, Survey, Transfer
from ivr.reach import after_conversations, before_conversations
from ivr.recordings import Voicemail

_ELSEWHERE = (Queue, Callback, Transfer, Voicemail)


def check_after(document: Document, flow: Flow) -> None:
    """Finds nodes behind “after” of a queue that would take the call somewhere else, and surveys that stand elsewhere.
    ``document`` is the flow's own file; what is wrong in a flow that it calls is shown at the call."""
    for name in after_conversations(flow):
        if isinstance(flow.nodes[name], _ELSEWHERE):
            document.fault(
                ("nodes", *here(name)),
                "a call can come here whose conversation is over, and which has nowhere to go any more; lead what "
                "follows “after” of a queue to questions, a statement, and the end",
                at_key=True,
            )
    for name in before_conversations(flow):
        if isinstance(flow.nodes[name], Survey):
            document.fault(
                ("nodes", *here(name)),
                "a call can come here that has talked to nobody; let only “after” of a queue lead here",
                at_key=True,
            )
