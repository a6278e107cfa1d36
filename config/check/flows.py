"""Whether a flow leads somewhere, and whether everything that it names exists."""

from __future__ import annotations

from collections.abc import Iterator

from config.check.site import check_requirement
from config.documents import Document
from config.errors import unknown
from config.schema.flows import (
    ChoiceModel,
    CollectModel,
    FlowModel,
    HangUpModel,
    HoursModel,
    LanguageModel,
    MenuModel,
    NodeModel,
    QueueNodeModel,
    SayModel,
    TagModel,
    TransferModel,
    VoicemailModel,
)
from config.schema.prompts import PromptsModel
from config.schema.site import SiteModel
from config.site import may_dial
from config.yaml_tree import Path as TreePath

Reference = tuple[TreePath, str]
"""Where a name stands within its node, and the name."""


def check_flow(document: Document, flow: FlowModel, site: SiteModel, prompts: PromptsModel | None) -> None:
    """Finds edges that lead nowhere, nodes that nothing leads to, and names of what does not exist."""
    nodes = flow.nodes
    if flow.start not in nodes:
        document.fault(("start",), unknown("node of this flow", flow.start, nodes))
    if flow.language not in site.languages:
        document.fault(("language",), unknown("language of this site", flow.language, site.languages))
    for name, node in nodes.items():
        at: TreePath = ("nodes", name)
        for path, edge in edges(node):
            if edge not in nodes:
                document.fault((*at, *path), unknown("node of this flow", edge, nodes))
        for path, prompt in _prompts(node):
            if prompts is not None and prompt not in prompts.root:
                document.fault((*at, *path), unknown("prompt in prompts.yaml", prompt, prompts.root))
        _check_names(document, at, node, site)
    if flow.start in nodes:
        _check_reach(document, flow)
    _check_rounds(document, flow)


def check_prompts(document: Document, prompts: PromptsModel, site: SiteModel) -> None:
    """Finds prompts that a caller could not hear in one of the site's languages."""
    for name, texts in prompts.root.items():
        missing = [language for language in dict.fromkeys(site.languages) if language not in texts]
        if missing:
            document.fault((name,), f"“{name}” has no text in {', '.join(missing)}; add it", at_key=True)


def edges(node: NodeModel) -> Iterator[Reference]:
    """The nodes that ``node`` leads to, with their places in it."""
    match node:
        case SayModel() | LanguageModel() | TagModel():
            yield ("next",), node.next
        case MenuModel():
            for key, choice in node.choices.items():
                assert isinstance(choice, ChoiceModel)
                yield ("choices", key, "next"), choice.next
            yield ("otherwise",), node.otherwise
        case CollectModel():
            yield ("next",), node.next
            yield ("otherwise",), node.otherwise
        case HoursModel():
            yield ("open",), node.open
            yield ("closed",), node.closed
        case VoicemailModel():
            yield ("next",), node.next
            yield ("otherwise",), node.otherwise
        case TransferModel():
            yield ("otherwise",), node.otherwise
        case QueueNodeModel():
            for why, edge in node.exits.items():
                yield ("exits", why), edge
            for key, edge in node.keys.items():
                yield ("keys", key), edge
            yield ("otherwise",), node.otherwise
        case HangUpModel():
            pass


def _prompts(node: NodeModel) -> Iterator[Reference]:
    match node:
        case SayModel() | MenuModel() | CollectModel() | VoicemailModel():
            yield ("prompt",), node.prompt
        case QueueNodeModel() | TransferModel() | HangUpModel() if node.prompt is not None:
            yield ("prompt",), node.prompt
    if isinstance(node, MenuModel | CollectModel):
        if node.attempts.no_input is not None:
            yield ("attempts", "no_input"), node.attempts.no_input
        if node.attempts.no_match is not None:
            yield ("attempts", "no_match"), node.attempts.no_match


def _check_names(document: Document, at: TreePath, node: NodeModel, site: SiteModel) -> None:
    match node:
        case QueueNodeModel() if node.queue not in site.queues:
            document.fault((*at, "queue"), unknown("queue", node.queue, site.queues))
        case TransferModel() if not may_dial(node.number, site.outside_numbers):
            document.fault(
                (*at, "number"),
                f"{node.number} is not among the numbers that flows may dial; add it to outside_numbers in site.yaml",
            )
        case HoursModel() if node.calendar not in site.calendars:
            document.fault((*at, "calendar"), unknown("calendar", node.calendar, site.calendars))
        case LanguageModel():
            if node.language not in site.languages:
                document.fault((*at, "language"), unknown("language of this site", node.language, site.languages))
            check_requirement(document, (*at, "needs"), node.needs, site.skills)
        case TagModel():
            check_requirement(document, (*at, "needs"), node.needs, site.skills)


def _check_reach(document: Document, flow: FlowModel) -> None:
    reached = {flow.start}
    ahead = [flow.start]
    while ahead:
        for _, edge in edges(flow.nodes[ahead.pop()]):
            if edge in flow.nodes and edge not in reached:
                reached.add(edge)
                ahead.append(edge)
    for name in flow.nodes:
        if name not in reached:
            message = f"nothing leads to “{name}” from “{flow.start}”; lead an edge here, or delete the node"
            document.fault(("nodes", name), message, at_key=True)


def _check_rounds(document: Document, flow: FlowModel) -> None:
    """Finds circles in which the caller is never asked anything."""
    passive = SayModel | LanguageModel | TagModel | HoursModel | TransferModel
    ahead = {
        name: [edge for _, edge in edges(node) if isinstance(flow.nodes.get(edge), passive)]
        for name, node in flow.nodes.items()
        if isinstance(node, passive)
    }
    while ahead := _without_ends(ahead):
        trail = [next(iter(ahead))]
        while (following := ahead[trail[-1]][0]) not in trail:
            trail.append(following)
        circle = trail[trail.index(following) :]
        place = next(path for path, edge in edges(flow.nodes[circle[-1]]) if edge == following)
        document.fault(
            ("nodes", circle[-1], *place),
            f"the call can go round without ever being asked: {' → '.join([*circle, following])}; "
            "lead this edge out of the circle",
        )
        ahead = {name: following for name, following in ahead.items() if name not in circle}


def _without_ends(ahead: dict[str, list[str]]) -> dict[str, list[str]]:
    """The nodes from which one can walk for ever, with the edges on which one can."""
    while True:
        kept = {name: [edge for edge in following if edge in ahead] for name, following in ahead.items()}
        kept = {name: following for name, following in kept.items() if following}
        if kept == ahead:
            return kept
        ahead = kept
