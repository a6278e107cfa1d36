"""Connect's questions: menus, digits that are kept, and the loops in which a question is asked again."""

from __future__ import annotations

from dataclasses import dataclass

from config.imports.connect.blocks import FAILED, NO_MATCH, TIMED_OUT, Block
from config.imports.connect.work import Work
from config.imports.draft import Data

KEYS = frozenset("0123456789*#")
DIGITS_MOST = 20
"""What Connect stores at most, where the flow says nothing else."""
ATTEMPTS_MOST = 10


@dataclass(frozen=True, slots=True)
class _Again:
    """How often a question is asked, the message before asking again, and the block that comes then."""

    most: int
    said: str
    then: str


def get_input(work: Work, block: Block, name: str, queue: str) -> None:
    """A menu, or digits that are kept."""
    settings = block.settings
    if any(bot in settings for bot in ("LexBot", "LexV2Bot", "LexBot.Name", "LexV2Bot.AliasArn")):
        work.draft.stop(name, "talks with a Lex bot; here callers press keys", block.at, work.ways(block, queue))
        return
    silent = block.error(TIMED_OUT, FAILED) or block.next
    if settings.get("StoreInput", "").lower() == "true" or (block.next and not block.cases):
        _store(work, block, name, queue, silent)
        return
    wrong = block.error(NO_MATCH, FAILED) or block.next
    keys = [case for case in block.cases if case.operand in KEYS]
    for case in block.cases:
        if case not in keys:
            work.draft.lost(block.at, name, f"“{case.operand[:30]}” is no key of a telephone; that way is left out")
    if not keys:
        work.draft.stop(name, "asks for a key, and no key leads anywhere", block.at, work.ways(block, queue))
        return
    if silent == wrong:
        choices: Data = {}
        for case in keys:
            choices.setdefault(case.operand, {"next": work.lead(block, case.next, queue)})
        data: Data = {"do": "menu", "prompt": work.prompt(block, name), "choices": choices}
        data["keys"] = {"first_key": _seconds(block)}
        work.put(block, name, data | _attempts(work, block, name, queue, silent))
        return
    _asked_apart(work, block, name, queue, (silent, wrong))


def _asked_apart(work: Work, block: Block, name: str, queue: str, ways: tuple[str, str]) -> None:
    """Silence and wrong keys lead apart: the key is kept, and a branch of its own looks at it."""
    silent, wrong = ways
    variable = work.draft.variable(name)
    behind = work.beside(name, "key")
    keys: Data = {"least": 1, "most": 1, "terminator": "", "first_key": _seconds(block)}
    data: Data = {"do": "collect", "prompt": work.prompt(block, name), "into": variable, "keys": keys, "next": behind}
    work.put(block, name, data | _attempts(work, block, name, queue, silent))
    cases = [
        {"when": f'{variable} == "{case.operand}"', "next": work.lead(block, case.next, queue)}
        for case in block.cases
        if case.operand in KEYS
    ]
    work.put(block, behind, {"do": "branch", "cases": cases, "otherwise": work.lead(block, wrong, queue)})


def _store(work: Work, block: Block, name: str, queue: str, silent: str) -> None:
    settings = block.settings
    longest = settings.get("InputValidation.CustomValidation.MaximumLength") or settings.get(
        "DTMFConfiguration.MaxDigits", ""
    )
    most = int(longest) if longest.isascii() and longest.isdigit() and 1 <= int(longest[:4]) <= 100 else DIGITS_MOST
    ends = settings.get("DTMFConfiguration.InputTerminationSequence", "#")
    wait = _seconds(block)
    between = settings.get("DTMFConfiguration.InterdigitTimeLimitSeconds", "")
    keys: Data = {
        "least": 1,
        "most": most,
        "terminator": ends if ends in ("*", "#") else "",
        "first_key": wait,
        "next_key": f"{between} s" if between.isascii() and between.isdigit() and 1 <= int(between[:3]) <= 60 else wait,
    }
    variable = work.known.input()
    if "InputEncryption" in settings:
        keys["sensitive"] = True
        variable = work.draft.secret(f"{name}_entry")
        work.draft.lost(
            block.at, name, "was encrypted; here no log ever shows it, and only a data dip's json can carry it"
        )
    data: Data = {"do": "collect", "prompt": work.prompt(block, name), "into": variable, "keys": keys}
    data["next"] = work.lead(block, block.next, queue)
    work.put(block, name, data | _attempts(work, block, name, queue, silent))


def _attempts(work: Work, block: Block, name: str, queue: str, failing: str) -> Data:
    """How often it asks, and where it leads then."""
    again = _loop(work, block, failing)
    if again is None:
        return {"attempts": {"most": 1}, "otherwise": work.lead(block, failing, queue)}
    attempts: Data = {"most": again.most}
    if again.said:
        said = work.prompt(work.flow.blocks[again.said], f"{name}-again")
        attempts |= {"no_input": said, "no_match": said}
    return {"attempts": attempts, "otherwise": work.lead(block, again.then, queue)}


def _loop(work: Work, block: Block, failing: str) -> _Again | None:
    """The loop by which a question is asked again, if nothing else uses it: a Loop, a message perhaps, and back."""
    loop = work.flow.blocks.get(failing)
    if loop is None or loop.kind != "Loop" or set(work.before.get(loop.id, ())) != {block.id}:
        return None
    back, said = loop.case("ContinueLooping"), ""
    message = work.flow.blocks.get(back)
    if (
        message is not None
        and message.kind == "MessageParticipant"
        and set(work.before.get(message.id, ())) == {loop.id}
    ):
        back, said = message.next, message.id
    count = loop.settings.get("LoopCount", "")
    most = int(count[:4]) + 1 if count.isascii() and count.isdigit() else 0
    if back != block.id or not 1 <= most <= ATTEMPTS_MOST:
        return None
    return _Again(most, said, loop.case("DoneLooping") or loop.next)


def _seconds(block: Block) -> str:
    text = block.settings.get("InputTimeLimitSeconds", "")
    return f"{min(max(int(text[:4]), 1), 180)} s" if text.isascii() and text.isdigit() else "5 s"
