"""Where a node stands: what the names in its file mean in the flow that runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from config.schema.flows import FlowModel
from ivr.expressions import Expression, Variable, parse
from ivr.flow import Choice, Command
from ivr.hours import Calendar


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The flow file that a node stands in, and under which names it is laid into the flow that runs."""

    name: str
    """Of the flow file."""
    flow: FlowModel
    prefix: str
    variables: Mapping[str, Variable]
    calendars: Mapping[str, Calendar]
    keys: Mapping[str, Command | Choice]
    """The global keys, those of the flows that call this one among them; nodes by their names in the flow that runs."""

    def node(self, *names: str | None) -> str:
        """The first of the names that was written, or the flow's own ``otherwise``."""
        name = next((name for name in (*names, self.flow.otherwise) if name is not None), None)
        assert name is not None, "a node without this edge is refused when the flow is checked"
        return self.prefix + name

    def read(self, text: str) -> Expression:
        """The expression."""
        return parse(text, self.variables)


def global_keys(flow: FlowModel, prefix: str) -> dict[str, Command | Choice]:
    """What the flow's own global keys do."""
    return {
        key: Choice(next=f"{prefix}{one.next}", label=one.label or {}) if one.command is None else Command(one.command)
        for key, one in flow.global_keys.items()
    }
