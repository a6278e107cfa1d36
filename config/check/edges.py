"""Where the nodes of a flow file lead: by what is written at them, and by what they inherit from the flow."""

from __future__ import annotations

from collections.abc import Iterator

from config.schema.flows import (
    CollectModel,
    FlowModel,
    MenuModel,
    MusicModel,
    NodeModel,
    QueueNodeModel,
    SurveyModel,
    TransferModel,
)
from config.schema.logic import (
    BranchModel,
    CallModel,
    GotoModel,
    HttpModel,
    LimitModel,
    LookupModel,
    SplitModel,
)
from config.schema.recordings import RecordModel, VoicemailModel
from config.yaml_tree import Path as TreePath

Reference = tuple[TreePath, str]
"""Where a name stands in the file, and the name."""


_EDGES = (
    "after",
    "next",
    "open",
    "closed",
    "holiday",
    "otherwise",
    "unknown",
    "failed",
    "accepted",
    "refused",
    "invalid",
    "busy",
    "away",
    "unanswered",
    "limited",
)
"""Settings of nodes that name the node that follows."""


def edges(flow: FlowModel, name: str) -> Iterator[Reference]:
    """The nodes that the node called ``name`` leads to, each with the place in the file that says so."""
    node = flow.nodes[name]
    at: TreePath = ("nodes", name)
    for path, following in _written(node):
        if following is not None:
            yield (*at, *path), following
    if any(following is None for following in left_out(node).values()) and flow.otherwise is not None:
        yield ("otherwise",), flow.otherwise
    for key in inherited_keys(flow, node):
        leads_to = flow.global_keys[key].next
        if leads_to is not None:
            yield ("global_keys", key, "next"), leads_to


def left_out(node: NodeModel) -> dict[str, str | None]:
    """The edges that a node inherits where it does not write them; None: it does not."""
    match node:
        case MenuModel() | CollectModel() | SurveyModel() | QueueNodeModel():
            return {"otherwise": node.otherwise}
        case VoicemailModel() | RecordModel() | TransferModel() | BranchModel() | GotoModel():
            return {"otherwise": node.otherwise}
        case HttpModel():
            return {"failed": node.failed}
        case LimitModel():
            return {"limited": node.limited}
        case LookupModel():
            return {"unknown": node.unknown if node.unknown is not None else node.failed, "failed": node.failed}
        case _:
            return {}


def inherited_keys(flow: FlowModel, node: NodeModel) -> tuple[str, ...]:
    """The global keys that work at this node: a menu's own keys, digits and the terminator go before them. At a call:
    those that may work in the flow that is called."""
    match node:
        case CallModel():
            own = frozenset[str]()
        case MenuModel():
            own = frozenset(node.choices)
        case CollectModel():
            own = frozenset("0123456789" + node.keys.terminator)
        case SurveyModel():
            own = frozenset(key for key, does in flow.global_keys.items() if key != "*" or does.command is None)
        case _:
            return ()
    return tuple(key for key in flow.global_keys if key not in own) if node.global_keys else ()


def _written(node: NodeModel) -> Iterator[tuple[TreePath, str | None]]:
    match node:
        case MenuModel():
            for key, choice in node.choices.items():
                yield ("choices", key, "next"), choice.next
        case BranchModel():
            for number, case in enumerate(node.cases):
                yield ("cases", number, "next"), case.next
        case QueueNodeModel():
            yield ("waiting",), node.waiting
            for why, following in node.exits.items():
                yield ("exits", why), following
        case MusicModel():
            for key, following in node.keys.items():
                yield ("keys", key), following
        case SplitModel():
            for number, part in enumerate(node.parts):
                yield ("parts", number, "next"), part.next
    for edge in _EDGES:
        if edge in type(node).model_fields:
            yield (edge,), getattr(node, edge)
