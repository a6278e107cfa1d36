"""Flows that call flows: whether what is called is there, takes what it is given, gives what is taken, and ends."""

from __future__ import annotations

from collections.abc import Mapping

from config.check.variables import parsed
from config.documents import Document
from config.errors import advice, unknown
from config.flow_variables import variables_of
from config.schema.flows import FlowModel
from config.schema.logic import CallModel, ReturnModel
from config.yaml_tree import Path as TreePath
from ivr.expressions import kind_in_words

NODES_MOST = 5_000
"""Nodes of a flow with all that it calls laid into it."""


def returns(flow: FlowModel) -> bool:
    """Whether the flow goes back to one that called it, so that no call can begin with it."""
    return any(isinstance(node, ReturnModel) for node in flow.nodes.values())


def check_calls(document: Document, flow: FlowModel, flows: Mapping[str, FlowModel]) -> None:
    """Finds what is wrong with the calls of a flow. ``flows`` are those that could be read, by name."""
    for name, node in flow.nodes.items():
        if isinstance(node, CallModel):
            at: TreePath = ("nodes", name)
            if node.flow in flows:
                _check_call(document, at, flow, node, flows[node.flow])
            else:
                document.fault((*at, "flow"), unknown("flow", node.flow, flows))


def check_depth(document: Document, name: str, flows: Mapping[str, FlowModel]) -> None:
    """Finds flows that call themselves, and flows that become far too large with all that they call."""
    ahead: list[tuple[str, tuple[str, ...]]] = [(name, (name,))]
    nodes = 0
    while ahead:
        current, way = ahead.pop()
        nodes += len(flows[current].nodes)
        if nodes > NODES_MOST:
            document.fault(("nodes",), f"with the flows that it calls it has more than {NODES_MOST} nodes", at_key=True)
            return
        for inner, node in flows[current].nodes.items():
            if not isinstance(node, CallModel) or node.flow not in flows:
                continue
            if node.flow in way:
                if node.flow == name:
                    trail = " → ".join([*way, name])
                    path: TreePath = ("nodes", inner if current == name else name, "flow")
                    document.fault(path, f"this flow calls itself: {trail}; a flow cannot wait for its own end")
                continue
            ahead.append((node.flow, (*way, node.flow)))


def _check_call(document: Document, at: TreePath, flow: FlowModel, node: CallModel, called: FlowModel) -> None:
    inner, own = variables_of(called), variables_of(flow)
    for name, text in node.give.items():
        path: TreePath = (*at, "give", name)
        if name not in called.inputs:
            document.fault(path, f"“{node.flow}” takes no “{name}”; {advice(name, called.inputs)}", at_key=True)
        elif name in inner:
            parsed(document, path, text, own, inner[name].kind)
    missing = [name for name in called.inputs if name not in node.give]
    if missing:
        document.fault((*at, "flow"), f"“{node.flow}” needs {', '.join(missing)}; add it under give")
    for variable, output in node.take.items():
        path = (*at, "take", variable)
        if output not in called.outputs:
            document.fault(path, f"“{node.flow}” gives no “{output}”; {advice(output, called.outputs)}")
        elif output in inner and variable in own and inner[output].kind is not own[variable].kind:
            given, wanted = kind_in_words(inner[output].kind), kind_in_words(own[variable].kind)
            document.fault(path, f"“{output}” is {given}, and “{variable}” holds {wanted}; take it into another")
