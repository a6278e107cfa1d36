"""Whether a flow leads somewhere, and whether everything that it names exists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from config.check.aloud import check_said
from config.check.edges import Reference, edges, left_out
from config.check.site import check_requirement
from config.documents import Document
from config.errors import unknown
from config.flow_variables import names_an_agent, variables_of
from config.schema.flows import (
    CallbackNodeModel,
    CollectModel,
    FlowModel,
    HangUpModel,
    HoursModel,
    LanguageModel,
    MenuModel,
    MusicModel,
    NodeModel,
    QueueNodeModel,
    SayModel,
    SurveyModel,
    TagModel,
    TransferModel,
)
from config.schema.keys import in_turn
from config.schema.logic import CallModel, GotoModel, HttpModel, ReturnModel, SplitModel
from config.schema.prompts import PromptsModel
from config.schema.recordings import RecordModel, VoicemailModel
from config.schema.site import SiteModel
from config.yaml_tree import Path as TreePath
from ivr.expressions import Variable
from ivr.logic import WHOLE


def check_flow(
    document: Document, flow: FlowModel, site: SiteModel, prompts: PromptsModel | None, flows: Mapping[str, FlowModel]
) -> None:
    """Finds edges that lead nowhere, nodes that nothing leads to, and names of what does not exist. ``flows`` are all
    that can be called, by name."""
    nodes = flow.nodes
    if flow.start not in nodes:
        document.fault(("start",), unknown("node of this flow", flow.start, nodes))
    if flow.language not in site.languages:
        document.fault(("language",), unknown("language of this site", flow.language, site.languages))
    _check_edges(document, flow)
    variables = variables_of(flow)
    for name, node in nodes.items():
        at: TreePath = ("nodes", name)
        for path, prompt in prompts_of(node):
            if prompts is not None and prompt not in prompts.root:
                document.fault((*at, *path), unknown("prompt in prompts.yaml", prompt, prompts.root))
        _check_names(document, at, node, site, variables)
    if flow.start in nodes:
        _check_reach(document, flow)
    _check_rounds(document, flow, flows)


def check_prompts(document: Document, prompts: PromptsModel, site: SiteModel) -> None:
    """Finds prompts that a caller could not hear in one of the site's languages."""
    for name, texts in prompts.root.items():
        missing = [language for language in dict.fromkeys(site.languages) if language not in texts]
        if missing:
            document.fault((name,), f"“{name}” has no text in {', '.join(missing)}; add it", at_key=True)
        for language, said in texts.items():
            check_said(document, (name, language), said, language)


def _check_edges(document: Document, flow: FlowModel) -> None:
    written = {reference for name in flow.nodes for reference in edges(flow, name)}
    written |= {(("global_keys", key, "next"), one.next) for key, one in flow.global_keys.items() if one.next}
    if flow.otherwise is not None:
        written.add((("otherwise",), flow.otherwise))
    for path, following in sorted(written, key=repr):
        if following not in flow.nodes:
            document.fault(path, unknown("node of this flow", following, flow.nodes))
    for key, one in flow.global_keys.items():
        if one.next is None and one.command is None:
            document.fault(
                ("global_keys", key),
                "this key does nothing; write “command: repeat” or back, or “next: …”",
                at_key=True,
            )
    for name, node in flow.nodes.items():
        missing = [edge for edge, following in left_out(node).items() if following is None]
        if missing and flow.otherwise is None:
            document.fault(
                ("nodes", name),
                f"“{missing[-1]}” is missing here; add “{missing[-1]}: …”, or “otherwise: …” for the whole flow",
                at_key=True,
            )


def prompts_of(node: NodeModel) -> Iterator[tuple[TreePath, str]]:
    """The prompts that the node speaks, with their places in it."""
    match node:
        case SayModel() | MenuModel() | CollectModel() | VoicemailModel() | RecordModel() | SurveyModel():
            yield ("prompt",), node.prompt
        case QueueNodeModel() | TransferModel() | HangUpModel() if node.prompt is not None:
            yield ("prompt",), node.prompt
        case CallbackNodeModel():
            yield ("prompt",), node.prompt
            yield ("number",), node.number
            if node.times is not None:
                yield ("times", "prompt"), node.times.prompt
    if isinstance(node, MenuModel | CollectModel | SurveyModel | CallbackNodeModel):
        for setting, said in (("no_input", node.attempts.no_input), ("no_match", node.attempts.no_match)):
            for number, prompt in enumerate(in_turn(said)):
                yield ("attempts", setting, number), prompt


def _check_names(
    document: Document, at: TreePath, node: NodeModel, site: SiteModel, variables: Mapping[str, Variable]
) -> None:
    match node:
        case QueueNodeModel() if node.queue not in site.queues:
            document.fault((*at, "queue"), unknown("queue", node.queue, site.queues))
        case TransferModel():
            _check_transfer(document, at, node, site, variables)
        case CallbackNodeModel():
            _check_callback(document, at, node, site)
        case HoursModel() if node.calendar not in site.calendars:
            document.fault((*at, "calendar"), unknown("calendar", node.calendar, site.calendars))
        case SplitModel():
            whole = sum(round(part.share * WHOLE) for part in node.parts)
            if whole != WHOLE:
                message = f"the shares make up {whole * 100 / WHOLE:g} %; let them make up 100 %"
                document.fault((*at, "parts"), message, at_key=True)
        case HttpModel() if node.service not in site.web_services:
            what = unknown("web service that site.yaml names", node.service, site.web_services)
            document.fault((*at, "service"), f"{what}; see web_services")
        case LanguageModel():
            if node.language not in site.languages:
                document.fault((*at, "language"), unknown("language of this site", node.language, site.languages))
            check_requirement(document, (*at, "needs"), node.needs, site.skills)
        case TagModel():
            check_requirement(document, (*at, "needs"), node.needs, site.skills)


def _check_transfer(
    document: Document, at: TreePath, node: TransferModel, site: SiteModel, variables: Mapping[str, Variable]
) -> None:
    if node.number is not None and node.number not in site.outside_numbers:
        what = unknown("number outside that site.yaml names", node.number, site.outside_numbers)
        document.fault((*at, "number"), f"{what}; see outside_numbers")
    if node.queue is not None and node.queue not in site.queues:
        document.fault((*at, "queue"), unknown("queue", node.queue, site.queues))
    if node.agent is not None and names_an_agent(node.agent, variables) and node.agent not in site.agents:
        known = [*site.agents, *variables]
        document.fault((*at, "agent"), unknown("agent, and no variable of this flow", node.agent, known))


def _check_callback(document: Document, at: TreePath, node: CallbackNodeModel, site: SiteModel) -> None:
    if node.queue not in site.queues:
        document.fault((*at, "queue"), unknown("queue", node.queue, site.queues))
    elif site.queues[node.queue].callback is None:
        document.fault(
            (*at, "queue"),
            f"“{node.queue}” calls nobody back; add “callback: {{}}” to it in site.yaml, or name another",
        )
    if node.times is not None and node.times.calendar not in site.calendars:
        document.fault((*at, "times", "calendar"), unknown("calendar", node.times.calendar, site.calendars))


def _check_reach(document: Document, flow: FlowModel) -> None:
    reached = {flow.start}
    ahead = [flow.start]
    while ahead:
        for _, edge in edges(flow, ahead.pop()):
            if edge in flow.nodes and edge not in reached:
                reached.add(edge)
                ahead.append(edge)
    for name in flow.nodes:
        if name not in reached:
            message = f"nothing leads to “{name}” from “{flow.start}”; lead an edge here, or delete the node"
            document.fault(("nodes", name), message, at_key=True)


def _check_rounds(document: Document, flow: FlowModel, flows: Mapping[str, FlowModel]) -> None:
    """Finds circles in which the caller is never asked anything."""
    passive = {name for name, node in flow.nodes.items() if _is_passive(node, flows)}
    ahead = {name: [edge for _, edge in _passing(flow, name) if edge in passive] for name in passive}
    ahead = {name: ahead[name] for name in flow.nodes if name in ahead}
    while ahead := _without_ends(ahead):
        trail = [next(iter(ahead))]
        while (following := ahead[trail[-1]][0]) not in trail:
            trail.append(following)
        circle = trail[trail.index(following) :]
        place = next(path for path, edge in _passing(flow, circle[-1]) if edge == following)
        document.fault(
            place,
            f"the call can go round without ever being asked: {' → '.join([*circle, following])}; "
            "lead this edge out of the circle, or let a goto count",
        )
        ahead = {name: following for name, following in ahead.items() if name not in circle}


def _passing(flow: FlowModel, name: str) -> Iterator[Reference]:
    """The ways on which a call passes the node at once: of a queue, that to what is heard while waiting."""
    node = flow.nodes[name]
    for path, following in edges(flow, name):
        if not isinstance(node, QueueNodeModel) or path == ("nodes", name, "waiting"):
            yield path, following


def _is_passive(node: NodeModel, flows: Mapping[str, FlowModel]) -> bool:
    """Whether a call passes the node without a word from the caller, however often it comes by."""
    asking = MenuModel | CollectModel | SurveyModel
    if isinstance(node, CallModel):
        called = flows.get(node.flow)
        takes_time = asking | MusicModel
        return called is not None and not any(isinstance(inner, takes_time) for inner in called.nodes.values())
    if isinstance(node, QueueNodeModel):
        return node.waiting is not None
    recording = VoicemailModel | RecordModel
    return not isinstance(node, asking | MusicModel | recording | HangUpModel | GotoModel | ReturnModel)


def _without_ends(ahead: dict[str, list[str]]) -> dict[str, list[str]]:
    """The nodes from which one can walk for ever, with the edges on which one can."""
    while True:
        kept = {name: [edge for edge in following if edge in ahead] for name, following in ahead.items()}
        kept = {name: following for name, following in kept.items() if following}
        if kept == ahead:
            return kept
        ahead = kept
