"""What the translation of one Connect flow has at hand, and how its blocks are named here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from config.imports.connect.blocks import FAILED, NO_MATCH, Block, ConnectFlow
from config.imports.connect.paths import PATH, Known
from config.imports.draft import END, Data, Draft, read_aloud
from config.imports.marks import LOST, Words, read_marks
from config.imports.names import as_name, one_line, unused

READ_MOST = 10_000
"""Characters of a text that are looked at; a prompt has fewer by far."""
PLACES_MOST = 2_000
"""Nodes of one flow; a flow in which queues are chosen everywhere would need more."""

_WORDS: Mapping[str, str] = {
    "MessageParticipant": "say",
    "MessageParticipantIteratively": "say",
    "GetParticipantInput": "ask",
    "Compare": "check",
    "CheckHoursOfOperation": "hours",
    "CheckMetricData": "staffing",
    "TransferContactToQueue": "wait",
    "TransferToFlow": "flow",
    "InvokeFlowModule": "module",
    "TransferParticipantToThirdParty": "outside",
    "UpdateContactAttributes": "note",
    "UpdateContactRoutingBehavior": "priority",
    "InvokeLambdaFunction": "function",
    "DistributeByPercentage": "split",
    "Loop": "loop",
    "DisconnectParticipant": "hang-up",
}
"""What nodes are called whose blocks have a number only."""
_IS_ID = re.compile(r"[0-9a-fA-F-]{32,}")
_SETS_QUEUE, _WAITS = "UpdateContactTargetQueue", "TransferContactToQueue"
_UNDONE = frozenset(
    {
        *("CreateTask", "CreateCase", "UpdateCase", "CreateWisdomSession", "AssociateContactToCustomerProfile"),
        *(
            "UpdateContactCallbackNumber",
            "UpdatePreviousContactParticipantState",
            "CompleteOutboundCall",
            "ResumeContact",
        ),
    }
)
"""Blocks that callers do not hear, and that are not done here."""
PASSED_BY = frozenset(
    {
        *(
            "UpdateFlowLoggingBehavior",
            "UpdateContactTextToSpeechVoice",
            "UpdateContactData",
            "TagContact",
            "UnTagContact",
        ),
        *("UpdateContactRecordingBehavior", "UpdateContactRecordingAndAnalyticsBehavior", "UpdateContactEventHooks"),
        *("UpdateContactMediaStreamingBehavior", "UpdateRoutingCriteria", "Wait", _SETS_QUEUE),
        *("UpdateContactRoutingCriteria", "UpdateContactMediaProcessing"),
        *_UNDONE,
    }
)
"""Blocks that change nothing that a caller meets here, or that the queue or the line sees to."""

_ENDS = frozenset(("EndFlowExecution", "EndFlowModuleExecution", "ReturnFromFlowModule"))

Place = tuple[str, str]
"""A block, and the queue that was chosen on the way to it, where that matters for what follows."""


@dataclass(slots=True, kw_only=True)
class Work:
    """One import."""

    draft: Draft
    flow: ConnectFlow
    known: Known
    parts: Mapping[str, str]
    live: frozenset[str]
    """Blocks for which, or for what follows, it matters which queue was chosen before."""
    before: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Block to the blocks that lead to it."""
    names: dict[Place, str] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    """The names of all nodes."""
    ahead: list[Place] = field(default_factory=list)
    queues: dict[str, str] = field(default_factory=dict)
    """Connect's queue to ours."""
    said: set[str] = field(default_factory=set)
    instead: dict[str, str] = field(default_factory=dict)
    """Messages that lead elsewhere than they say, because what followed was folded into a question."""

    def lead(self, block: Block, to: str, queue: str) -> str:
        """The node to which a way of ``block`` leads, with this queue chosen."""
        passed: set[str] = set()
        while to and to not in passed:
            passed.add(to)
            following = self.flow.blocks.get(to)
            if following is None:
                message = f"leads to “{one_line(to, 60)}”, which is no block of the flow; here the call ends"
                self.draft.fault(block.at, message)
                return END
            if following.kind in _ENDS:
                return END
            if following.kind == "Compare" and following.settings.get("ComparisonValue", "").strip() == "$.Channel":
                to = following.case("VOICE") or following.error(NO_MATCH, FAILED) or following.next
                continue
            if following.kind not in PASSED_BY:
                return self._place(following, queue)
            queue = self._passed(following, queue)
            to = following.next or following.error("NoMatchingError")
        return END

    def _passed(self, block: Block, queue: str) -> str:
        """The queue that is chosen behind a block which is no node of ours."""
        once = block.id not in self.said
        self.said.add(block.id)
        match block.kind:
            case "UpdateContactTargetQueue":
                return self.chosen(block)
            case "UpdateContactEventHooks" if once:
                self.draft.fault(block.at, "another flow speaks to waiting callers or whispers; import it by itself")
            case kind if once and kind in _UNDONE:
                self.draft.fault(block.at, f"{kind} is not done here; the call goes on without it")
                self.draft.unfinished.add(self.draft.findings[-1])
            case "UpdateRoutingCriteria" | "UpdateContactRoutingCriteria" if once:
                self.draft.fault(block.at, "chose agents by skills; write what the call needs into a tag, or the queue")
            case "Wait" if once:
                self.draft.fault(block.at, "waited; here the call goes on at once")
        return queue

    def chosen(self, block: Block) -> str:
        """The queue that the block names; nothing, with a finding, where it names none."""
        wanted = block.settings.get("QueueId", "")
        if not wanted or wanted.startswith("$."):
            queue = "a queue that only the call knows" if wanted else "a queue without saying which"
            what = "an agent" if block.settings.get("AgentId") else queue
            self.draft.fault(block.at, f"chooses {what}; name a queue where the call waits")
            return ""
        if wanted not in self.queues:
            own = as_name(block.title or wanted.rpartition("/")[2], "queue")[:40].rstrip("-_")
            self.queues[wanted] = unused(
                own if not _IS_ID.fullmatch(own) else f"queue-{own[-6:]}", set(self.queues.values())
            )
            self.draft.queues[self.queues[wanted]] = one_line(f"queue {block.title or wanted}", 180)
        return self.queues[wanted]

    def _place(self, block: Block, queue: str) -> str:
        place = (block.id, queue if block.id in self.live else "")
        if place not in self.names:
            if len(self.names) >= PLACES_MOST:
                self.draft.fault(block.at, f"this flow needs more than {PLACES_MOST} nodes here; the call ends")
                return END
            self.names[place] = self._named(block)
            self.ahead.append(place)
        return self.names[place]

    def _named(self, block: Block) -> str:
        own = block.id if not _IS_ID.fullmatch(block.id) else ""
        first_words = as_name(" ".join(block.settings.get("Text", "").split()[:4]), "").lower()
        wanted = as_name(own or block.title, first_words or _WORDS.get(block.kind, "block"))
        return self._own(wanted[:50].rstrip("-_") or "block")

    def _own(self, wanted: str) -> str:
        name = unused(wanted, self.taken)
        self.taken.add(name)
        return name

    def beside(self, name: str, word: str) -> str:
        """The name of one more node of a block."""
        return self._own(f"{name[:50]}-{word}")

    def ways(self, block: Block, queue: str) -> list[str]:
        """The nodes of everything that a block leads to."""
        return [self.lead(block, to, queue) for to in dict.fromkeys(block.ways()) if to]

    def prompt(self, block: Block, name: str) -> str:
        """The prompt that a block speaks, called ``name`` or nearly so."""
        words = Words(text=block.settings.get("Text", "")[:READ_MOST])
        if not words.text:
            words = read_marks(block.settings.get("SSML", "")[:READ_MOST], PATH)
        if words.lost:
            self.draft.lost(block.at, name, LOST)
        text = words.text
        recording = block.settings.get("PromptId") or block.settings.get("Media.Uri", "")
        if not text.strip() and recording:
            self.draft.to_bind.append(f"put the recording {one_line(recording)} beside the prompt “{name}”")
            return self.draft.prompt(name, f"[{one_line(block.title or recording.rpartition('/')[2], 60)}]", recording)
        if PATH.search(text) is None:
            return self.draft.prompt(name, text, marked=words.marked)
        said = PATH.sub(lambda found: self._aloud(found[0]), text)
        if "…" not in said:
            return self.draft.prompt(name, said, marked=words.marked)
        message = f"says a value that prompts cannot read; it is left out of “{one_line(text, 100)}”"
        self.draft.lost(block.at, name, message)
        return self.draft.prompt(name, said, f"was: {one_line(text, 900)}", marked=words.marked)

    def _aloud(self, path: str) -> str:
        """The value that a text says, read aloud where it is keys or a telephone number; else a pause."""
        match path:
            case "$.StoredCustomerInput":
                return read_aloud(self.known.input(), "digits")
            case "$.CustomerEndpoint.Address":
                return read_aloud("caller_number", "phone")
            case "$.SystemEndpoint.Address":
                return read_aloud("dialled", "phone")
        return "…"

    def put(self, block: Block, name: str, data: Data) -> None:
        """The node."""
        self.draft.put(name, data, block.at)


def start_work(draft: Draft, flow: ConnectFlow, parts: Mapping[str, str]) -> Work:
    """The work of importing ``flow``."""
    before = _before(flow)
    return Work(draft=draft, flow=flow, known=Known(draft=draft), parts=parts, live=_live(flow, before), before=before)


def _before(flow: ConnectFlow) -> Mapping[str, frozenset[str]]:
    before: dict[str, set[str]] = {}
    for name, block in flow.blocks.items():
        for way in block.ways():
            before.setdefault(way, set()).add(name)
    return {name: frozenset(blocks) for name, blocks in before.items()}


def _live(flow: ConnectFlow, before: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """The blocks behind which the chosen queue is asked for before another one is chosen."""
    live = {
        name
        for name, block in flow.blocks.items()
        if block.kind == _WAITS
        or (block.kind == "CheckHoursOfOperation" and not block.settings.get("HoursOfOperationId"))
    }
    ahead = list(live)
    for name in ahead:
        for earlier in before.get(name, ()):
            if earlier not in live and flow.blocks[earlier].kind != _SETS_QUEUE:
                live.add(earlier)
                ahead.append(earlier)
    return frozenset(live)
