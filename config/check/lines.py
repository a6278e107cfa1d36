"""What a line cannot do of what a flow asks for, by its capabilities, and what callers of that line meet instead."""

from __future__ import annotations

from centre.capabilities import LineCapabilities
from config.check.edges import inherited_keys
from config.documents import Document
from config.schema.flows import (
    CallbackNodeModel,
    CollectModel,
    FlowModel,
    MenuModel,
    QueueNodeModel,
    SayModel,
    SurveyModel,
    TransferModel,
)
from config.schema.recordings import RecordModel, VoicemailModel
from config.site import Site
from ivr.scale import Scale

NAMED_MOST = 8
"""Questions of a flow that one finding names."""


def check_line(document: Document, flow: FlowModel, site: Site, line: LineCapabilities) -> None:
    """Finds what degrades on a line that can do no more than ``line`` says. Recordings of prompts are looked at in
    :func:`config.check.aloud.check_recordings`."""
    if not line.types_ahead:
        _check_typed_ahead(document, flow)
    for name, node in flow.nodes.items():
        match node:
            case SayModel(barge_in=True) if not line.listens_while_speaking:
                message = f"a second of silence follows: {line.name} listens so long for a key that cuts it short"
                document.fault(("nodes", name, "barge_in"), message)
            case CallbackNodeModel():
                _check_times(document, ("nodes", name), node, line)
            case MenuModel() | CollectModel() | SurveyModel():
                _check_question(document, ("nodes", name), flow, node, line)
            case QueueNodeModel(queue=queue) if _is_recorded(site, queue) and not line.records_conversations:
                document.fault(("nodes", name, "queue"), f"its conversations are not recorded on {line.name}")
            case TransferModel(number=str(number)):
                _check_transfer(document, ("nodes", name, "number"), site, number, line)
            case VoicemailModel() | RecordModel():
                _check_recording(document, ("nodes", name), node, line)


def _is_recorded(site: Site, queue: str) -> bool:
    return queue in site.queues and site.queues[queue].record


def _check_transfer(document: Document, at: tuple[str, ...], site: Site, name: str, line: LineCapabilities) -> None:
    has_trunk = site.asterisk is not None and site.asterisk.trunk
    if line.needs_trunk and not has_trunk:
        document.fault(at, "nobody is rung: site.yaml names no trunk; add “trunk” to the section “asterisk”")
    number = site.outside_numbers.get(name, "+")
    if not line.dials_any_number and not number.startswith("+"):
        message = (
            f"{line.name} rings international numbers only; write the number in site.yaml ({number}) with a plus and "
            "the country's code"
        )
        document.fault(at, message)


def _check_recording(
    document: Document, at: tuple[str, ...], node: VoicemailModel | RecordModel, line: LineCapabilities
) -> None:
    if node.shortest <= line.silence_kept_ms:
        message = f"of a caller who says nothing {line.name} keeps a second, which would count; write 1.5 s or more"
        document.fault((*at, "shortest"), message)
    if node.shortest % line.recording_step_ms:
        message = "the length of a message is told in whole seconds; write one that is whole"
        document.fault((*at, "shortest"), message)
    if isinstance(node, RecordModel) and node.sensitive and not line.keeps_recordings_secret:
        message = f"{line.name} keeps this recording too, until somebody deletes it there"
        document.fault((*at, "sensitive"), message)


def _check_question(
    document: Document,
    at: tuple[str, ...],
    flow: FlowModel,
    node: MenuModel | CollectModel | SurveyModel,
    line: LineCapabilities,
) -> None:
    if not node.keys.barge_in and not line.prompts_can_be_uninterruptible:
        document.fault((*at, "keys", "barge_in"), "a key interrupts the prompt all the same")
    if isinstance(node, SurveyModel) and node.scale is Scale.NPS and not line.entries_end_by_their_keys:
        message = "one time for all keys: a single digit is taken only once first_key is over, or after the hash key"
        document.fault((*at, "scale"), message)
    if not isinstance(node, CollectModel):
        return
    if node.keys.sensitive and not line.keeps_entries_secret:
        message = f"{line.name} sees these keys too, and keeps them in its logs unless PCI mode is on there"
        document.fault((*at, "keys", "sensitive"), message)
    _check_times(document, at, node, line)
    keys = inherited_keys(flow, node)
    if keys and not line.entries_end_by_their_keys:
        document.fault(at, f"{', '.join(keys)} works only once the time between keys is over", at_key=True)


def _check_times(
    document: Document, at: tuple[str, ...], node: CollectModel | CallbackNodeModel, line: LineCapabilities
) -> None:
    keys = node.keys
    if keys.all_keys is not None and not line.entries_have_a_limit:
        message = "no time for the whole entry: it ends only with its last key, or when none follows"
        document.fault((*at, "keys", "all_keys"), message)
    if line.first_key_has_its_own_time or (keys.most or keys.least) == 1 or keys.first_key == keys.next_key:
        return
    first, following = (f"{time / 1000:g} s" for time in (keys.first_key, keys.next_key))
    message = f"one time for all keys: {first} (first_key) hold between keys too, not {following} (next_key)"
    document.fault((*at, "keys") if "keys" in node.model_fields_set else at, message, at_key=True)


def _check_typed_ahead(document: Document, flow: FlowModel) -> None:
    """Says it once a flow, at the first question: nearly every flow has questions that callers know."""
    questions = [
        name
        for name, node in flow.nodes.items()
        if isinstance(node, MenuModel | CollectModel | SurveyModel | CallbackNodeModel) and node.keys.type_ahead
    ]
    if questions:
        first, *others = questions
        also = f", and before {_named(others)}" if others else ""
        message = (
            f"keys pressed before this question begins are lost{also}: callers who know the menu have to wait for it; "
            "“keys: {type_ahead: false}” makes it so on every line"
        )
        document.fault(("nodes", first), message, at_key=True)


def _named(names: list[str]) -> str:
    more = f" and {len(names) - NAMED_MOST} more" if len(names) > NAMED_MOST else ""
    return ", ".join(f"“{name}”" for name in names[:NAMED_MOST]) + more
