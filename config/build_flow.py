"""From checked flow files to the flow that runs, with the flows that it calls laid into it.

A call becomes a ``Set`` of the inputs that leads to the called flow's first node, a return a ``Set`` of the outputs
that leads on. So the engine knows nothing of calls, and one digest covers everything that a session can come by.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from config.build_nodes import built_node
from config.build_place import Place, global_keys
from config.check.flows import prompts_of
from config.flow_variables import at_first, variables_of
from config.schema.flows import CallbackNodeModel, CallbackTimesModel, FlowModel, HoursModel, NodeModel
from config.schema.logic import CallModel, LimitModel, ReturnModel
from ivr.expressions import Constant, Expression, Variable, parse
from ivr.flow import Choice, Command, Flow, Node
from ivr.hours import Calendar
from ivr.logic import Limit, Set


def build_flow(
    name: str,
    models: Mapping[str, FlowModel],
    calendars: Mapping[str, Calendar],
    read_aloud: Mapping[str, tuple[str, ...]] | None = None,
) -> Flow:
    """The flow; its digest covers the flows that it calls, and the opening hours that it asks for, since both decide
    where a call goes. ``read_aloud``: the names of the values that prompts read (:func:`config.aloud.read_aloud`)."""
    building = _Building(models=models, calendars=calendars, read_aloud=read_aloud or {})
    building.add(name, "", caller=None, keys={})
    flow = models[name]
    return Flow(
        id=name,
        digest=hashlib.sha256("\n".join([*building.contents, *sorted(building.hours)]).encode()).hexdigest()[:32],
        start=flow.start,
        language=flow.language,
        nodes=building.nodes,
        variables=at_first(flow),
        reads_aloud=building.reads,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Caller:
    """Where a called flow returns to."""

    model: CallModel
    next: str
    variables: Mapping[str, Variable]


@dataclass(slots=True, kw_only=True)
class _Building:
    models: Mapping[str, FlowModel]
    calendars: Mapping[str, Calendar]
    read_aloud: Mapping[str, tuple[str, ...]]
    reads: dict[str, Mapping[str, Variable]] = field(default_factory=dict)
    nodes: dict[str, Node] = field(default_factory=dict)
    contents: list[str] = field(default_factory=list)
    hours: set[str] = field(default_factory=set)

    def add(self, name: str, prefix: str, *, caller: _Caller | None, keys: Mapping[str, Command | Choice]) -> None:
        """Adds the nodes of a flow, each name with ``prefix``. ``keys``: the global keys of the flow that calls it."""
        flow = self.models[name]
        self.contents += [f"{prefix}{name}", flow.model_dump_json()]
        place = Place(
            name=name,
            flow=flow,
            prefix=prefix,
            variables=variables_of(flow, prefix),
            calendars=self.calendars,
            keys={**keys, **global_keys(flow, prefix)},
        )
        for node_name, model in flow.nodes.items():
            self.nodes[prefix + node_name] = self._node(place, node_name, model, caller)
            read = {name for _, prompt in prompts_of(model) for name in self.read_aloud.get(prompt, ())}
            if read:
                self.reads[prefix + node_name] = {name: place.variables[name] for name in sorted(read)}
                self.contents.append(f"{prefix}{node_name} reads {sorted(read)}")

    def _node(self, place: Place, name: str, model: NodeModel, caller: _Caller | None) -> Node:
        match model:
            case CallModel():
                return self._call(place, name, model)
            case ReturnModel():
                assert caller is not None, "a flow that returns is not built by itself"
                return Set(
                    values={
                        caller.variables[variable].name: place.variables[output]
                        for variable, output in caller.model.take.items()
                    },
                    next=caller.next,
                )
            case LimitModel():
                return Limit(
                    by=place.read(model.by),
                    most=model.most,
                    within_ms=model.within,
                    counter=f"{place.name}/{name}",
                    next=place.node(model.next),
                    limited=place.node(model.limited),
                )
            case HoursModel(calendar=calendar) | CallbackNodeModel(times=CallbackTimesModel(calendar=calendar)):
                self.hours.add(_hours_text(self.calendars[calendar]))
        return built_node(place, model)

    def _call(self, place: Place, name: str, model: CallModel) -> Node:
        called, inner = self.models[model.flow], f"{place.prefix}{name}/"
        caller = _Caller(model=model, next=place.prefix + model.next, variables=place.variables)
        self.add(model.flow, inner, caller=caller, keys=place.keys if model.global_keys else {})
        variables = variables_of(called, inner)
        kinds = {variable.name: variable.kind for variable in variables.values()}
        values: dict[str, Expression] = {
            variable: Constant(value, kinds[variable]) for variable, value in at_first(called, inner).items()
        }
        values |= {variables[given].name: parse(text, place.variables) for given, text in model.give.items()}
        return Set(values=values, next=inner + called.start)


def _hours_text(calendar: Calendar) -> str:
    week = sorted(calendar.week.items())
    exceptions = sorted(calendar.exceptions.items())
    return f"{calendar.id} {calendar.zone} {week} {exceptions}"
