"""What the translation of one Studio flow has at hand: the draft, the variables, the way to the next widget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from config.imports.draft import END, Data, Draft
from config.imports.names import as_name, one_line, unused
from config.imports.source import Json
from config.imports.studio.liquid import formula
from config.imports.studio.paths import Known
from config.imports.studio.widgets import StudioFlow, Way, Widget
from ivr.expressions import is_template

Before = Mapping[str, tuple[tuple[str, str], ...]]
"""Widget to the widgets that lead to it, each with the event."""


@dataclass(slots=True, kw_only=True)
class Work:
    """One import."""

    draft: Draft
    flow: StudioFlow
    known: Known
    names: Mapping[str, str]
    """Widget to our node."""
    before: Before
    parts: Mapping[str, str] = field(default_factory=dict)
    """Flows that can be called: their SID to our name."""
    ahead: list[str] = field(default_factory=list)
    """Widgets that something leads to, in the order in which they were met."""
    met: set[str] = field(default_factory=set)
    """The same, for looking up."""
    instead: dict[str, str] = field(default_factory=dict)
    """Widgets that lead elsewhere than they say, because what followed was folded into a question."""

    def lead(self, way: Way | None) -> str:
        """The node to which a transition leads."""
        if way is None or not way.next:
            return END
        if way.next not in self.flow.widgets:
            message = f"this leads to “{one_line(way.next, 80)}”, which is no widget of the flow; here the call ends"
            self.draft.fault(way.at, message)
            return END
        return self.lead_to(way.next)

    def lead_to(self, widget: str) -> str:
        """The node of a widget that is there; the end where its name is empty."""
        if not widget:
            return END
        if widget not in self.met:
            self.met.add(widget)
            self.ahead.append(widget)
        return self.names[widget]

    def node(self, widget: Widget) -> str:
        """The name of the widget's node."""
        return self.names[widget.name]

    def put(self, widget: Widget, data: Data) -> None:
        """The widget's node."""
        self.draft.put(self.node(widget), data, widget.at)

    def lost(self, widget: Widget, message: str, at: Json | None = None) -> None:
        """A finding about the widget, put down above its node too."""
        self.draft.lost(at or widget.at, self.names.get(widget.name, widget.name), message)

    def stop(self, widget: Widget, message: str, at: Json | None = None) -> None:
        """The widget becomes a stop: the call is handed over, or ends with a word of regret."""
        ways = [self.lead(way) for way in widget.ways if way.event != "speech"]
        self.draft.stop(self.node(widget), message, at or widget.at, ways)

    def left_open(self, widget: Widget, message: str, at: Json) -> None:
        """Something at the widget that a person has to finish."""
        self.draft.left_open(at, self.node(widget), message)

    def before_it(self, widget: Widget, helper: str, held: Mapping[str, str]) -> str:
        """The name for the widget's own node, behind a node that works out ``held`` (variable: formula), if any."""
        name = self.node(widget)
        if not held:
            return name
        behind = unused(f"{name[:50]}-{helper}", {*self.draft.nodes, *self.names.values()})
        self.put(widget, {"do": "set", "values": dict(held), "next": behind})
        return behind

    def held(self, text: str, wanted: str, held: dict[str, str], at: Json) -> str | None:
        """The text as an expression; a template that stays Liquid goes into a variable before (``held``)."""
        said = formula(text, self.known, at)
        if said is None or not is_template(said):
            return said
        for name, template in held.items():
            if template == said:
                return name
        name = self.draft.variable(wanted)
        held[name] = said
        return name


def start_work(draft: Draft, flow: StudioFlow, known: Known, parts: Mapping[str, str]) -> Work:
    """The work of importing ``flow``."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for name in flow.widgets:
        names[name] = unused(as_name(name, "widget"), taken)
        taken.add(names[name])
    before: dict[str, list[tuple[str, str]]] = {}
    for widget in flow.widgets.values():
        for way in widget.ways:
            if way.next and way.event != "speech":  # nobody is understood, so nobody goes that way
                before.setdefault(way.next, []).append((widget.name, way.event))
    return Work(
        draft=draft,
        flow=flow,
        known=known,
        names=names,
        before={name: tuple(ways) for name, ways in before.items()},
        parts=parts,
    )
