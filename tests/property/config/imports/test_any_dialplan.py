"""Whatever stands in a dialplan, it is refused with a place or becomes a flow that can be loaded."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from config.imports.dialplan.importer import import_dialplan
from tests.property.config.imports.broken import outcome

DATA = Path(__file__).parents[3] / "data" / "dialplan"
LINES = [path.read_text(encoding="utf-8").splitlines() for path in sorted(DATA.glob("*.conf"))]
SHARDS = [
    *("exten => s,1,", "same => n,", "same => n(menu),", "Goto(s,menu)", "GotoIf($[${TRIES} > 1]?1:2)", "GotoIf(?)"),
    *("GotoIfTime(a,b?c)", "Background()", "WaitExten(", "Read(,,,,)", "Set(=)", "Set(A=${A}${B}x\"y'z)", "Dial()"),
    *("Queue()", "Gosub()", "Macro()", "Return()", "ExecIf(1?Goto(s,1))", "[", "]", "=", "(", ")", "${", "}", "$["),
    *("&", "|", "?", ":", "_X.", "_[9-1]", "_[", "i", "t", "h", "*", ";--", "--;", "\x00", "🏦", "include => ivr-main"),
    *("exten => _.,1,Goto(${EXTEN},1)", "exten => i,1,Goto(i,1)", "exten => 999999999999,99999999999,NoOp"),
]
ways = st.sampled_from(["line", "in", "gone", "swap"])
breaks = st.lists(st.tuples(st.floats(0, 1), ways, st.sampled_from(SHARDS)), max_size=6)
shards = st.lists(st.sampled_from(SHARDS) | st.text(max_size=8), max_size=25)


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(LINES), breaks, st.sampled_from(["", "business-hours", "ivr-main", "account", "ivr"]))
def test_any_broken_dialplan_becomes_a_flow_or_is_refused(
    lines: list[str], breaks: list[tuple[float, str, str]], context: str
) -> None:
    text = list(lines)
    for where, how, shard in breaks:
        at = round(where * (len(text) - 1))
        match how:
            case "line":
                text.insert(at, f"exten => s,n,{shard}" if "(" in shard else shard)
            case "in":
                middle = len(text[at]) // 2
                text[at] = text[at][:middle] + shard + text[at][middle:]
            case "gone":
                text[at] = ""
            case _:
                text[at], text[-1] = text[-1], text[at]
    outcome(lambda: import_dialplan("\n".join(text), "extensions.conf", context=context, name="main"))


@settings(max_examples=40, deadline=None)
@given(shards)
def test_any_lines_become_a_flow_or_are_refused(lines: list[str]) -> None:
    outcome(lambda: import_dialplan("\n".join(["[a]", *lines]), "extensions.conf", name="main"))
