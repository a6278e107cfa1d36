"""Whatever a Studio flow is made of, and whatever the caller types: the imported flow says and does the same."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.config.imports.studio_call import StudioCall, imported
from tests.unit.config.imports.studio_flows import State, count, flex, flow, gather, http, keys, put, say, split

typed_by_caller = st.lists(st.sampled_from(["", "1", "2", "3", "7", "0"]), max_size=6)
answers = st.fixed_dictionaries(
    {}, optional={"dip": st.none() | st.fixed_dictionaries({}, optional={"tier": st.sampled_from(["Gold", "new", ""])})}
)


@st.composite
def questions(draw: st.DrawFn, name: str, onward: list[str]) -> list[State]:
    """A question with its keys, and one of the ways in which flows ask again. Its other ways lead onward only."""
    out = st.sampled_from([*onward, None])
    wrong, silent, back = f"{name}_wrong", f"{name}_silent", f"{name}_back"
    counting, enough = f"{name}_count", f"{name}_enough"
    choices = {f"k{key}": draw(out) for key in draw(st.sets(st.sampled_from("123"), min_size=1))}
    exit_to = draw(out)
    states: list[State] = []
    match draw(
        st.sampled_from(
            [
                "leave",
                "apart",
                "for ever",
                "count",
                "count, then say",
                "say, then count",
                "count silence",
                "split, then count",
            ]
        )
    ):
        case "leave":
            no_match = timeout = exit_to
        case "apart":
            no_match, timeout = exit_to, draw(out)
        case "for ever":
            no_match, timeout = wrong, silent
            states += [say(wrong, name), say(silent, name)]
        case "count":
            no_match = timeout = counting
            states += [count(counting, enough, name), _limit(draw, enough, name, back=name, out=exit_to)]
        case "count, then say":
            no_match = timeout = counting
            states += [
                count(counting, enough, name),
                _limit(draw, enough, name, back=back, out=exit_to),
                say(back, name),
            ]
        case "say, then count":
            no_match = timeout = wrong
            states += [say(wrong, counting), count(counting, enough, name)]
            states.append(_limit(draw, enough, name, back=name, out=exit_to))
        case "split, then count":
            no_match = timeout = enough
            states += [_limit(draw, enough, name, back=counting, out=exit_to), count(counting, name, name)]
        case _:
            no_match, timeout = exit_to, counting
            states += [count(counting, enough, name), _limit(draw, enough, name, back=name, out=exit_to)]
    properties: dict[str, Any] = draw(
        st.sampled_from([{}, {"number_of_digits": "1"}, {"num_digits": 1}, {"stop_gather": "true"}, {"timeout": "3"}])
    )
    asking = gather(name, f"{name}_keys", timeout, **properties)
    return [asking, keys(f"{name}_keys", name, no_match, **choices), *states]


def _limit(draw: st.DrawFn, name: str, key: str, *, back: str, out: str | None) -> State:
    tested, limit = f"{{{{flow.variables.{key}}}}}", draw(st.integers(1, 4))
    match draw(st.sampled_from(["equal_to", "greater_than", "less_than", "not_equal_to"])):
        case ("equal_to" | "greater_than") as predicate:
            return split(name, tested, back, (predicate, str(limit), out))
        case predicate:
            return split(name, tested, out, (predicate, str(limit), back))


@st.composite
def thoughts(draw: st.DrawFn, name: str, onward: list[str]) -> list[State]:
    """A widget that no caller hears."""
    out = st.sampled_from([*onward, None])
    match draw(st.sampled_from(["say", "put", "split", "dip"])):
        case "say":
            return [say(name, draw(out))]
        case "put":
            value = draw(
                st.sampled_from(["gold", " Gold ", "12", "", "{{trigger.call.From}}", VALUE, LIQUID, 'it\'s "so"'])
            )
            return [put(name, draw(out), {"tier": value})]
        case "dip":
            return [http("dip", draw(out), draw(out))] if name == "w3" else [say(name, draw(out))]
    tested = draw(
        st.sampled_from(["{{flow.variables.tier}}", "{{widgets.dip.parsed.tier}}", "{{trigger.call.From}}", LIQUID])
    )
    cases = draw(st.lists(st.tuples(st.sampled_from(CONDITIONS), out), min_size=1, max_size=3))
    return [split(name, tested, draw(out), *((predicate, value, to) for (predicate, value), to in cases))]


VALUE = "{% if flow.variables.tier == 'gold' %}best{% else %}{{flow.variables.tier | downcase}}{% endif %}"
LIQUID = "{{ flow.variables.tier | upcase | append: '!' }}"
CONDITIONS = [
    *(
        ("equal_to", "GOLD"),
        ("not_equal_to", "gold"),
        ("matches_any_of", "new, gold ,12"),
        ("is_blank", ""),
        ("contains", "ol"),
    ),
    *(
        ("is_not_blank", ""),
        ("starts_with", "+380"),
        ("greater_than", "11"),
        ("less_than", "12.5"),
        ("regex", "[1-3]{1}"),
    ),
    *(("regex", r"\d{2}"), ("regex", "(new|best)"), ("equal_to", "gold!"), ("equal_to", 'it\'s "so"')),
]


@st.composite
def flows(draw: st.DrawFn) -> dict[str, Any]:
    ends = ["sales", "help"]
    states: list[State] = [flex("sales"), flex("help")]
    onward = ends
    for number in range(draw(st.integers(1, 6))):
        name = f"w{number}"
        part = draw(questions(name, onward) if draw(st.booleans()) else thoughts(name, onward))
        states += part
        onward = [*onward, part[0]["name"]]
    return flow(*states, first=onward[-1])


@settings(max_examples=50, deadline=None)
@given(flows(), st.lists(typed_by_caller, min_size=1, max_size=4), answers)
def test_the_caller_hears_and_meets_the_same(flow: dict[str, Any], callers: list[list[str]], answers: Any) -> None:
    ours = imported(flow)
    for typed in callers:
        assert ours.call(typed, answers) == StudioCall(flow, typed, answers).run()
