"""A Connect flow as its JSON has it: blocks by their identifier, each with its ways out.

Two languages are read: the flow language of 2019-10-30 (https://docs.aws.amazon.com/connect/latest/APIReference/flow-language.html:
``StartAction``, ``Actions`` with ``Type``, ``Parameters``, ``Transitions``), and what the console exported before
(``start``, ``modules`` with ``type``, ``parameters``, ``branches``). Both become the former.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from config.errors import Finding, SiteError
from config.imports.source import Json, read_json

TIMED_OUT, NO_MATCH, FAILED, FULL = (
    "InputTimeLimitExceeded",
    "NoMatchingCondition",
    "NoMatchingError",
    "QueueAtCapacity",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A condition and where it leads."""

    operator: str
    operand: str
    next: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """An action."""

    id: str
    kind: str
    at: Json
    settings: Mapping[str, str]
    """Parameters with one value; what is nested as “DTMFConfiguration.MaxDigits”."""
    attributes: Mapping[str, str] = field(default_factory=dict)
    """What is set, or given to a function."""
    next: str = ""
    cases: tuple[Case, ...] = ()
    errors: Mapping[str, str] = field(default_factory=dict)
    title: str = ""
    """What the console shows for it: its own name, or that of the queue, the hours, the flow that it names."""

    def error(self, *kinds: str) -> str:
        """Where the first of these errors leads."""
        return next((self.errors[kind] for kind in kinds if self.errors.get(kind)), "")

    def case(self, operand: str) -> str:
        """Where the case for exactly this leads."""
        return next((case.next for case in self.cases if case.operand.lower() == operand.lower()), "")

    def ways(self) -> Iterator[str]:
        """Every block that this one leads to."""
        yield from (self.next, *(case.next for case in self.cases), *self.errors.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectFlow:
    """The whole flow."""

    blocks: Mapping[str, Block]
    start: str
    title: str


def read_flow(text: str, file: str) -> ConnectFlow:
    """The flow in an export or in an answer of the API. :class:`SiteError` where there is none."""
    whole = read_json(text, file)
    root = _content(whole, file)
    metadata = root.at("Metadata")
    if root.at("Actions").is_there:
        read = (_action(one, root.at("Metadata", "ActionMetadata")) for one in root.at("Actions").items)
        start = root.at("StartAction")
    else:
        metadata = root.at("metadata")
        read = (_module(one) for one in root.at("modules").items)
        start = root.at("start")
    blocks: dict[str, Block] = {}
    for block in read:
        if len(blocks) >= BLOCKS_MOST:
            message = f"there are more than {BLOCKS_MOST} blocks; no flow of Amazon Connect has so many"
            raise SiteError([Finding(file, block.at.line, block.at.column, message)])
        if block.id and block.kind:
            blocks.setdefault(block.id, block)
    if start.text not in blocks:
        message = "this says where the flow begins, and no block is called that; export the flow anew"
        raise SiteError([Finding(file, start.line, start.column, message)])
    title = metadata.at("name").text or whole.at("ContactFlow", "Name").text or whole.at("Name").text
    return ConnectFlow(blocks=blocks, start=start.text, title=title)


def _content(whole: Json, file: str) -> Json:
    for root in (
        whole,
        whole.at("Content"),
        whole.at("ContactFlow", "Content"),
        whole.at("ContactFlowModule", "Content"),
    ):
        if isinstance(root.value, str) and root.value.lstrip().startswith("{"):
            try:
                root = read_json(root.value, file)  # noqa: PLW2901 - the same, unpacked
            except SiteError:
                message = "this content is a text that is no JSON; export the flow anew"
                raise SiteError([Finding(file, root.line, root.column, message)]) from None
        if isinstance(root.at("Actions").value, list) or isinstance(root.at("modules").value, list):
            return root
    message = (
        "this is no flow of Amazon Connect: it has no list of “Actions”; export the flow, or use DescribeContactFlow"
    )
    if whole.at("states").is_there or whole.at("definition").is_there:
        message = "this is a flow of Twilio Studio; use “holdless flow import studio”"
    raise SiteError([Finding(file, whole.line, whole.column, message)])


def _action(action: Json, metadata: Json) -> Block:
    name, parameters, ways = action.at("Identifier").text, action.at("Parameters"), action.at("Transitions")
    shown = metadata.at(name)
    named = (
        shown.at("friendlyName").text,
        *(
            shown.at("parameters", one, "displayName").text
            for one in ("QueueId", "HoursOfOperationId", "ContactFlowId", "FlowModuleId", "PromptId")
        ),
        *(shown.at(one).text for one in ("contactFlowModuleName", "promptName")),
        *(shown.at(one, "text").text for one in ("queue", "Hours", "ContactFlow")),
    )
    attributes = next(
        (parameters.at(one) for one in _GIVEN if parameters.at(one).fields),
        Json(None, 1, 1),
    )
    return Block(
        id=name,
        kind=action.at("Type").text,
        at=action,
        settings=dict(_flat(parameters, "")),
        attributes={key: value.text or value.at("Value").text for key, value in attributes.fields.items()},
        next=ways.at("NextAction").text,
        cases=tuple(
            Case(
                operator=one.at("Condition", "Operator").text,
                operand=next((operand.text for operand in one.at("Condition", "Operands").items), ""),
                next=one.at("NextAction").text,
            )
            for one in ways.at("Conditions").items
        ),
        errors={one.at("ErrorType").text: one.at("NextAction").text for one in ways.at("Errors").items},
        title=next((one for one in named if one), ""),
    )


def _flat(parameters: Json, before: str) -> Iterator[tuple[str, str]]:
    for name, value in parameters.fields.items():
        if value.fields:
            yield f"{before}{name}", ""
            yield from _flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value.text


_GIVEN = ("Attributes", "FlowAttributes", "LambdaInvocationAttributes")
"""Parameters with names and values of the flow's own."""
BLOCKS_MOST = 2_000
"""Blocks of one flow; Amazon Connect itself allows some hundred."""
_KINDS: Mapping[str, str] = {
    "PlayPrompt": "MessageParticipant",
    "GetUserInput": "GetParticipantInput",
    "StoreUserInput": "GetParticipantInput",
    "CheckAttribute": "Compare",
    "SetQueue": "UpdateContactTargetQueue",
    "SetAttributes": "UpdateContactAttributes",
    "InvokeExternalResource": "InvokeLambdaFunction",
    "Disconnect": "DisconnectParticipant",
    "SetLoggingBehavior": "UpdateFlowLoggingBehavior",
    "SetRecordingBehavior": "UpdateContactRecordingBehavior",
    "SetContactFlow": "UpdateContactEventHooks",
    "SetVoice": "UpdateContactTextToSpeechVoice",
    "SetRoutingPriority": "UpdateContactRoutingBehavior",
    "CheckStaffing": "CheckMetricData",
    "Percentage": "DistributeByPercentage",
    "CheckQueueStatus": "CheckMetricData",
    "GetQueueMetrics": "GetMetricData",
    "LoopPrompts": "MessageParticipantIteratively",
    "Resume": "EndFlowExecution",
    "SetCallBackNumber": "UpdateContactCallbackNumber",
    "SetContactData": "UpdateContactData",
    **dict.fromkeys(("StartMediaStreaming", "StopMediaStreaming"), "UpdateContactMediaStreamingBehavior"),
    **dict.fromkeys(
        ("SetEventHook", "SetWhisperFlow", "SetHoldFlow", "SetCustomerQueueFlow", "SetDisconnectFlow"),
        "UpdateContactEventHooks",
    ),
}
_TRANSFERS = {
    "Queue": "TransferContactToQueue",
    "Flow": "TransferToFlow",
    "PhoneNumber": "TransferParticipantToThirdParty",
}
_ERRORS: Mapping[str, str] = {
    "Error": FAILED,
    "Timeout": TIMED_OUT,
    "NoMatch": NO_MATCH,
    "AtCapacity": FULL,
    "CallFailure": "CallFailed",
}
_SETTINGS: Mapping[str, str] = {
    "Timeout": "InputTimeLimitSeconds",
    "MaxDigits": "DTMFConfiguration.MaxDigits",
    "Queue": "QueueId",
    "Hours": "HoursOfOperationId",
    "FunctionArn": "LambdaFunctionARN",
    "AudioPrompt": "PromptId",
    "PhoneNumber": "ThirdPartyPhoneNumber",
    "BotName": "LexBot",
}
_SYSTEM: Mapping[str, str] = {
    "Customer Number": "$.CustomerEndpoint.Address",
    "Dialed Number": "$.SystemEndpoint.Address",
    "Channel": "$.Channel",
    "Stored customer input": "$.StoredCustomerInput",
}


def _module(module: Json) -> Block:
    kind = module.at("type").text
    settings: dict[str, str] = {}
    attributes: dict[str, str] = {}
    title = ""
    for one in module.at("parameters").items:
        name, value = one.at("name").text, _value(one.at("value").text, one.at("namespace").text)
        if one.at("key").text:
            attributes[one.at("key").text] = value
        else:
            settings[_SETTINGS.get(name, name)] = value
            title = title or one.at("resourceName").text
    if not settings.get("QueueId", "nothing"):  # the console leaves out the number of a queue that a flow names
        settings["QueueId"] = title
    if kind == "CheckAttribute":
        settings["ComparisonValue"] = _value(settings.get("Attribute", ""), settings.get("Namespace", ""))
    settings |= {"StoreInput": "True"} if kind == "StoreUserInput" else {}
    settings |= {"InputEncryption": ""} if settings.get("EncryptEntry", "").lower() == "true" else {}
    cases: list[Case] = []
    errors: dict[str, str] = {}
    following = ""
    for branch in module.at("branches").items:
        condition, to = branch.at("condition").text, branch.at("transition").text
        if condition == "Evaluate":
            cases.append(
                Case(operator=branch.at("conditionType").text, operand=branch.at("conditionValue").text, next=to)
            )
        elif condition in ("True", "False", "Looping", "Complete"):
            word = {"Looping": "ContinueLooping", "Complete": "DoneLooping"}.get(condition, condition)
            cases.append(Case(operator="Equals", operand=word, next=to))
        elif condition in _ERRORS:
            errors[_ERRORS[condition]] = to
        else:
            following = following or to
    return Block(
        id=module.at("id").text,
        kind=_TRANSFERS.get(module.at("target").text, kind) if kind == "Transfer" else _KINDS.get(kind, kind),
        at=module,
        settings=settings,
        attributes=attributes,
        next=following,
        cases=tuple(cases),
        errors=errors,
        title=title,
    )


def _value(value: str, namespace: str) -> str:
    """A value as the newer language writes it."""
    match namespace:
        case "User Defined":
            return f"$.Attributes.{value}"
        case "External":
            return f"$.External.{value}"
        case "System":
            return _SYSTEM.get(value, f"$.{value}")
    return value
