"""One Amazon Connect flow to a draft of ours."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from config.imports.connect.asking import get_input
from config.imports.connect.blocks import FAILED, FULL, NO_MATCH, Block, read_flow
from config.imports.connect.work import Work, start_work
from config.imports.draft import END, NEVER, Data, Draft
from config.imports.finishing import finish
from config.imports.names import as_name, one_line

UNBOUND = "functions.invalid"
"""The host of Lambda functions, which have no address of their own; a name that never answers (RFC 6761)."""
CASES_MOST = 50
_NUMBER = re.compile(r"\+?[0-9]{2,20}")
_IS_KEY = re.compile(r"[\w-]{1,60}")
_OPEN: Data = {"week": {"mon-sun": ["00:00-24:00"]}}

_COMPARED: Mapping[str, str] = {
    "Equals": "{0} == {1}",
    "TextStartsWith": "starts({0}, {1})",
    "StartsWith": "starts({0}, {1})",
    "TextContains": "contains({0}, {1})",
    "Contains": "contains({0}, {1})",
}
_NUMBERS: Mapping[str, str] = {
    "NumberGreaterThan": ">",
    "NumberGreaterOrEqualTo": ">=",
    "NumberLessThan": "<",
    "NumberLessOrEqualTo": "<=",
    "NumberEquals": "==",
}


def import_connect(
    text: str,
    file: str,
    *,
    name: str = "",
    hand_over: str = "",
    parts: Mapping[str, str] | None = None,
    is_part: bool = False,
) -> Draft:
    """The draft of the Connect flow in ``text``, which stands in ``file``.

    ``hand_over`` is the queue for calls that cannot go on, ``parts`` the flows and modules that can be called (the end
    of their ARN to our name). :class:`config.errors.SiteError` where the text is no flow of Connect; everything else is
    a finding of the draft.
    """
    flow = read_flow(text, file)
    title = one_line(flow.title)
    own = as_name(title, "main").lower()[:40].rstrip("-_")
    draft = Draft(name=name or own, file=file, title=title, is_part=is_part, hand_over=hand_over)
    work = start_work(draft, flow, parts or {})
    entry = flow.blocks[flow.start]
    draft.start = work.lead(entry, flow.start, "")
    for place in work.ahead:  # it grows meanwhile
        block, node = flow.blocks[place[0]], work.names[place]
        translated = _BLOCKS.get(block.kind)
        if translated is not None:
            translated(work, block, node, place[1])
        else:
            what = _UNLIKE.get(block.kind, f"a block “{one_line(block.kind, 60)}”, which is not known here")
            draft.stop(node, what, block.at, work.ways(block, place[1]))
    for asking in (node.data for node in draft.nodes.values() if node.data["do"] == "http"):
        if work.known.takes:
            asking |= {"take": dict(work.known.takes), "missing": "empty"}
    finish(draft)
    return draft


def _say(work: Work, block: Block, name: str, queue: str) -> None:
    work.put(
        block, name, {"do": "say", "prompt": work.prompt(block, name), "next": work.lead(block, block.next, queue)}
    )


def _compare(work: Work, block: Block, name: str, queue: str) -> None:
    tested = work.known.formula(block.settings.get("ComparisonValue", ""), block.at)
    cases: list[Data] = []
    for case in block.cases[:CASES_MOST]:
        if case.operator in _COMPARED:
            when = _COMPARED[case.operator].format(tested, work.known.formula(case.operand, block.at))
        elif case.operator in _NUMBERS and re.fullmatch(r"-?\d{1,15}(\.\d{1,6})?", case.operand, re.ASCII):
            # What is no number is compared with itself turned round, so that it never holds.
            other = f"{case.operand} - 1" if _NUMBERS[case.operator] in (">", ">=", "==") else f"{case.operand} + 1"
            when = f"number({tested}, {other}) {_NUMBERS[case.operator]} {case.operand}"
        else:
            asked = f"{one_line(case.operator, 40)} {one_line(case.operand, 40)}"
            message = f"“{asked}” cannot be asked here, so its way is never gone; write a condition in its place"
            work.draft.left_open(block.at, name, message)
            when = NEVER
        cases.append({"when": when, "next": work.lead(block, case.next, queue)})
    if len(block.cases) > CASES_MOST:
        work.draft.lost(block.at, name, f"only the first {CASES_MOST} conditions are asked")
    otherwise = work.lead(block, block.error(NO_MATCH, FAILED) or block.next, queue)
    work.put(
        block, name, {"do": "branch", "cases": cases or [{"when": "true", "next": otherwise}], "otherwise": otherwise}
    )


def _hours(work: Work, block: Block, name: str, queue: str) -> None:
    wanted = block.settings.get("HoursOfOperationId", "")
    own = as_name(
        block.title or (wanted.rpartition("/")[2] if wanted else f"{queue or 'opening'}-hours"), "opening-hours"
    )
    what = f"hours of operation {block.title or wanted}" if wanted else f"the hours of queue {queue or '(none chosen)'}"
    work.draft.calendars[own] = f"{one_line(what, 150)}; here it is open always, put the hours in"
    work.draft.hours[own] = _OPEN
    closed = block.case("False") or block.error(FAILED) or block.next
    ways = {
        "open": work.lead(block, block.case("True") or block.next, queue),
        "closed": work.lead(block, closed, queue),
    }
    work.put(block, name, {"do": "hours", "calendar": own, **ways})


def _wait(work: Work, block: Block, name: str, queue: str) -> None:
    if block.settings.get("QueueId"):
        queue = work.chosen(block)
    if not queue:
        message = "waits in a queue, and no queue was chosen that the flow names"
        work.draft.stop(name, message, block.at, work.ways(block, queue))
        return
    full, failed = block.error(FULL), block.error(FAILED)
    if full and failed and full != failed:
        work.draft.note(name, "led elsewhere on errors than when the queue was full; here one way is both")
    work.put(
        block, name, {"do": "queue", "queue": queue, "otherwise": work.lead(block, full or failed or block.next, queue)}
    )


def _outside(work: Work, block: Block, name: str, queue: str) -> None:
    number = re.sub(r"[\s().-]", "", block.settings.get("ThirdPartyPhoneNumber", ""))
    failed = block.error("CallFailed", "ConnectionTimeLimitExceeded", FAILED) or block.next
    if not _NUMBER.fullmatch(number):
        shown = one_line(block.settings.get("ThirdPartyPhoneNumber", ""), 60) or "nothing"
        message = f"dials “{shown}”, and ours dials numbers that site.yaml names"
        work.draft.stop(name, message, block.at, work.ways(block, queue))
        return
    outside = work.draft.outside(number, name)
    work.put(block, name, {"do": "transfer", "number": outside, "otherwise": work.lead(block, failed, queue)})


def _attributes(work: Work, block: Block, name: str, queue: str) -> None:
    """Contact attributes are variables, and the agent sees them."""
    following = work.lead(block, block.next or block.error(FAILED), queue)
    formulas = {key: work.known.formula(value, block.at) for key, value in block.attributes.items() if key}
    if not formulas:
        work.put(block, name, {"do": "tag", "next": following})
        return
    shown = {as_name(key, "attribute"): work.known.attribute(key) for key in formulas}
    behind = work.beside(name, "card")
    values = {work.known.attribute(key): said for key, said in formulas.items()}
    work.put(block, name, {"do": "set", "values": values, "next": behind})
    work.put(block, behind, {"do": "tag", "show": shown, "next": following})


def _priority(work: Work, block: Block, name: str, queue: str) -> None:
    """Connect's priority is 1 for the first and 5 where nothing is said; ours are points."""
    wanted = block.settings.get("QueuePriority", "")
    data: Data = {"do": "tag"}
    if re.fullmatch(r"\d{1,4}", wanted, re.ASCII):
        data["priority"] = max(5 - int(wanted), -1_000)
    if block.settings.get("QueueTimeAdjustmentSeconds"):
        work.draft.lost(block.at, name, "made the wait look longer; give the call points of priority instead")
    work.put(block, name, data | {"next": work.lead(block, block.next, queue)})


def _function(work: Work, block: Block, name: str, queue: str) -> None:
    arn = block.settings.get("LambdaFunctionARN") or block.settings.get("FunctionArn", "")
    message = "asked a Lambda function; bind its web service to an address in site.yaml"
    work.draft.left_open(block.at, name, message)
    fields = {as_name(key, "field"): work.known.formula(value, block.at) for key, value in block.attributes.items()}
    wait = block.settings.get("InvocationTimeLimitSeconds", "")
    data: Data = {
        "do": "http",
        "service": work.draft.service(f"https://{UNBOUND}"),
        "path": f"/{as_name(arn.rpartition(':')[2], 'function')}",
        "json": fields or {"caller": "caller_number"},
        "timeout": f"{wait} s" if re.fullmatch("[1-8]", wait, re.ASCII) else "3 s",
        "next": work.lead(block, block.next, queue),
        "failed": work.lead(block, block.error(FAILED), queue),
    }
    work.put(block, name, data)


def _split(work: Work, block: Block, name: str, queue: str) -> None:
    """Connect draws 1 to 100 and compares: “less than 26” is a quarter."""
    parts: list[Data] = []
    below = 1
    for case in block.cases[: CASES_MOST - 1]:
        if not re.fullmatch(r"\d{1,3}", case.operand, re.ASCII) or not below <= int(case.operand) <= 101:
            message = f"its shares cannot be read at “{one_line(case.operand, 20)}”"
            work.draft.stop(name, message, block.at, work.ways(block, queue))
            return
        parts.append({"share": f"{int(case.operand) - below} %", "next": work.lead(block, case.next, queue)})
        below = int(case.operand)
    rest = work.lead(block, block.error(NO_MATCH, FAILED) or block.next, queue)
    parts.append({"share": f"{101 - below} %", "next": rest})
    if len(parts) == 1:
        parts.append({"share": "0 %", "next": rest})
    work.put(block, name, {"do": "split", "parts": parts})


def _loop(work: Work, block: Block, name: str, queue: str) -> None:
    count = block.settings.get("LoopCount", "")
    if not re.fullmatch(r"\d{1,3}", count, re.ASCII) or not 1 <= int(count) <= 100:
        work.draft.stop(name, f"goes round “{one_line(count, 30)}” times", block.at, work.ways(block, queue))
        return
    done = work.lead(block, block.case("DoneLooping") or block.next, queue)
    back = work.lead(block, block.case("ContinueLooping"), queue)
    work.put(block, name, {"do": "goto", "next": back, "most": int(count), "otherwise": done})


def _staffing(work: Work, block: Block, name: str, queue: str) -> None:
    work.draft.lost(block.at, name, "asked for agents or calls of the queue; here the queue's own limits see to that")
    first = block.case("True") or (block.cases[0].next if block.cases else "") or block.next
    work.put(block, name, {"do": "tag", "next": work.lead(block, first, queue)})


def _other_flow(work: Work, block: Block, name: str, queue: str) -> None:
    """A module comes back; a flow that takes the call over does not, and ends with it."""
    wanted = (
        block.settings.get("ContactFlowId")
        or block.settings.get("FlowModuleId")
        or block.settings.get("ContactFlowModuleId", "")
    )
    key = wanted.rpartition("/")[2].partition(":")[0]  # without the version or alias of a module
    part = work.parts.get(key) or work.parts.get(block.title)
    if part is None:
        called = block.title or key
        shown = one_line(key if _IS_KEY.fullmatch(key) else called, 60)
        message = f'leads to flow “{one_line(called, 60)}”; import that too: --part "{shown}=FILE"'
        work.draft.stop(name, message, block.at, work.ways(block, queue))
        return
    following = work.lead(block, block.next, queue) if block.kind == "InvokeFlowModule" else END
    work.put(block, name, {"do": "call", "flow": part, "next": following})


def _hang_up(work: Work, block: Block, name: str, _: str) -> None:
    work.put(block, name, {"do": "hangup"})


_BLOCKS: Mapping[str, Callable[[Work, Block, str, str], None]] = {
    "MessageParticipant": _say,
    "GetParticipantInput": get_input,
    "Compare": _compare,
    "CheckHoursOfOperation": _hours,
    "CheckMetricData": _staffing,
    "TransferContactToQueue": _wait,
    "TransferToFlow": _other_flow,
    "InvokeFlowModule": _other_flow,
    "TransferParticipantToThirdParty": _outside,
    **dict.fromkeys(("UpdateContactAttributes", "UpdateFlowAttributes"), _attributes),
    "UpdateContactRoutingBehavior": _priority,
    "InvokeLambdaFunction": _function,
    "DistributeByPercentage": _split,
    "Loop": _loop,
    "DisconnectParticipant": _hang_up,
}
"""By the names of the flow language of 2019-10-30."""
_UNLIKE: Mapping[str, str] = {
    "CreateCallbackContact": "keeps the caller's place for a call back; put a callback node here",
    "ConnectParticipantWithLexBot": "talks with a Lex bot; here callers press keys",
    "TransferContactToAgent": "goes to one agent; put a queue here, and what the call needs into a tag",
}
"""What else can be said of blocks that are not known here."""
