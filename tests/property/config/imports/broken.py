"""Exports that are broken anywhere: values of another kind, parts missing, names that lead nowhere."""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from config.errors import Finding, SiteError
from config.imports.draft import Draft
from config.imports.writing import write_site
from config.loader import load_site

ODD: list[Any] = [
    *(None, True, 0, -1, 1e308, 10**18, "", " ", "true", "null", "\ud800", "\x00", "a\nb", "🏦" * 300, "x" * 3_000),
    *([], {}, [[]], [{}], {"a": {"b": []}}, [None] * 3, [1, "2", None]),
    *("{{", "}}", "{% if %}", "{{ a | b }}", "{{ widgets.main_menu.Digits | upcase }}", "{% for a in b %}{% endfor %}"),
    *(
        "{{flow.variables.tries}}",
        "{{ trigger.call.From }}",
        "{" * 400,
        "'\"\\",
        "no",
        "on",
        "1",
        "*",
        "#",
        "99999999999",
        "Trigger",
    ),
    *(
        "main_menu",
        "count_tries",
        "welcome",
        "noMatch",
        "keypress",
        "next",
        "https://a b",
        "https://{{x}}/",
        "-5",
        "1e999",
    ),
]


@st.composite
def broken(draw: st.DrawFn, good: Any) -> Any:
    """``good`` with some of its values replaced, taken away, repeated or swapped."""
    data = copy.deepcopy(good)
    for _ in range(draw(st.integers(1, 6))):
        holders = list(_holders(data))
        holder = draw(st.sampled_from(holders))
        if not holder:
            continue
        key = draw(st.sampled_from(sorted(holder) if isinstance(holder, dict) else range(len(holder))))
        match draw(st.sampled_from(["odd", "odd", "gone", "other", "twice"])):
            case "odd":
                holder[key] = copy.deepcopy(draw(st.sampled_from(ODD)))
            case "gone":
                del holder[key]
            case "other":
                others = draw(st.sampled_from(holders))
                if others:
                    holder[key] = copy.deepcopy(
                        draw(st.sampled_from(list(others.values() if isinstance(others, dict) else others)))
                    )
            case _:
                if isinstance(holder, list):
                    holder.append(copy.deepcopy(holder[key]))
    return data


def _holders(data: Any) -> Any:
    if isinstance(data, dict | list):
        yield data
        for inner in data.values() if isinstance(data, dict) else data:
            yield from _holders(inner)


def outcome(read: Callable[[], Draft]) -> Draft | None:
    """The draft, whose site can be loaded; None where the source was refused with a place."""
    draft, findings = _read(read)
    assert findings or draft is not None
    assert all(finding.line >= 1 and finding.column >= 1 and "\n" not in finding.message for finding in findings)
    if draft is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        write_site([draft], Path(folder))
        load_site(Path(folder))
    return draft


def _read(read: Callable[[], Draft]) -> tuple[Draft | None, Sequence[Finding]]:
    try:
        draft = read()
    except SiteError as error:
        return None, error.findings
    return draft, draft.findings
