"""What a line cannot do of what a flow asks for, and what callers of that line meet instead."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from centre.line_kind import LineKind
from config.check.edges import inherited_keys
from config.documents import Document
from config.schema.flows import (
    CollectModel,
    FlowModel,
    MenuModel,
    SayModel,
    SurveyModel,
    TransferModel,
)
from config.schema.recordings import RecordModel, VoicemailModel
from config.site import Site
from ivr.scale import Scale

SILENCE_KEPT_MS = 1_100
"""Of the silence that ends a recording (Asterisk 22.10: 1,020 ms of a caller who said nothing)."""


def check_line(document: Document, flow: FlowModel, site: Site, line: LineKind) -> None:
    """Finds what degrades on ``line``. Recordings are looked at in :func:`config.check.aloud.check_recordings`."""
    _OF_FLOW[line](document, flow, site)


def _nothing(_: Document, __: FlowModel, ___: Site) -> None:
    """The virtual line keeps to the keypad's table (:mod:`ivr.collect`), and rings whomever it is told."""


def _asterisk(document: Document, flow: FlowModel, site: Site) -> None:
    """Asterisk keeps to the keypad's table, too; it rings numbers outside by the trunk that the site names."""
    has_trunk = site.asterisk is not None and site.asterisk.trunk
    for name, node in flow.nodes.items():
        match node:
            case TransferModel() if not has_trunk:
                message = "nobody is rung: site.yaml names no trunk; add “trunk” to the section “asterisk”"
                document.fault(("nodes", name, "number"), message)
            case VoicemailModel() | RecordModel() if node.shortest <= SILENCE_KEPT_MS:
                message = "of a caller who says nothing Asterisk keeps a second, which would count; write 1.5 s or more"
                document.fault(("nodes", name, "shortest"), message)


def _twilio(document: Document, flow: FlowModel, _: Site) -> None:
    """TwiML's <Gather> (https://www.twilio.com/docs/voice/twiml/gather): any key interrupts what is spoken inside it,
    ``timeout`` is one time for the first key and between keys, ``finishOnKey`` the only key that ends an entry early;
    keys pressed while no <Gather> runs are lost. <Record> tells whole seconds."""
    for name, node in flow.nodes.items():
        match node:
            case SayModel(barge_in=True):
                message = "a second of silence follows: so long Twilio listens for the key that would cut it short"
                document.fault(("nodes", name, "barge_in"), message)
            case MenuModel() | CollectModel() | SurveyModel():
                _twilio_question(document, ("nodes", name), flow, node)
            case TransferModel() if not node.number.startswith("+"):
                # https://www.twilio.com/docs/voice/twiml/number: E.164
                message = "Twilio rings international numbers only; write it with a plus and the country's code"
                document.fault(("nodes", name, "number"), message)
            case VoicemailModel() | RecordModel():
                _twilio_recording(document, ("nodes", name), node)


def _twilio_recording(document: Document, at: tuple[str, ...], node: VoicemailModel | RecordModel) -> None:
    if node.shortest % 1_000:
        document.fault((*at, "shortest"), "the length of a message is told in whole seconds; write one that is whole")
    if isinstance(node, RecordModel) and node.sensitive:
        document.fault((*at, "sensitive"), "Twilio keeps this recording too, until somebody deletes it there")


def _twilio_question(
    document: Document, at: tuple[str, ...], flow: FlowModel, node: MenuModel | CollectModel | SurveyModel
) -> None:
    if not node.keys.barge_in:
        document.fault((*at, "keys", "barge_in"), "a key interrupts the prompt all the same")
    if "type_ahead" in node.keys.model_fields_set and node.keys.type_ahead:
        document.fault((*at, "keys", "type_ahead"), "keys pressed before the question are lost")
    if isinstance(node, SurveyModel) and node.scale is Scale.NPS:
        message = "one time for all keys: a single digit is taken only once first_key is over, or after the hash key"
        document.fault((*at, "scale"), message)
    if not isinstance(node, CollectModel):
        return
    if node.keys.sensitive:
        message = "Twilio sees these keys too, and keeps them in its logs unless PCI mode is on there"
        document.fault((*at, "keys", "sensitive"), message)
    if node.keys.first_key != node.keys.next_key and node.keys.least > 1:
        document.fault((*at, "keys"), "one time for all keys: first_key holds between keys too", at_key=True)
    keys = inherited_keys(flow, node)
    if keys:
        document.fault(at, f"{', '.join(keys)} works only once the time between keys is over", at_key=True)


_OF_FLOW: Mapping[LineKind, Callable[[Document, FlowModel, Site], None]] = {
    LineKind.VIRTUAL: _nothing,
    LineKind.ASTERISK: _asterisk,
    LineKind.TWILIO: _twilio,
}
