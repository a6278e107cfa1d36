"""Which conversations are recorded, and what their recordings are called."""

from __future__ import annotations

from centre.calls import Call
from centre.capabilities import CAPABILITIES
from centre.state import State

_LINES = frozenset(kind.value for kind, can in CAPABILITIES.items() if can.records_conversations)


def recording_of(state: State, call: Call) -> str:
    """The name of the recording of the conversation that the call has, or is about to have; empty: there is none. A
    call has one conversation at most, so the call's name serves."""
    record = call.record
    return f"{record.call}-conversation" if record.queue in state.setup.recorded and record.line in _LINES else ""
