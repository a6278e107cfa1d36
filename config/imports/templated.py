"""JSON with templates in it, as bodies and attributes are written: ``{"name": "{{caller}}", "tries": {{n}}}``."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

_TEMPLATE = re.compile(r"(?:\{\{.{0,500}?\}\}|\{%.{0,500}?%\})+", re.DOTALL)
"""No longer than a formula: thousands of braces that nothing closes are passed over in no time."""
TEXT_MOST = 20_000
"""Characters of such an object; nobody writes as many by hand."""
_MARK = re.compile(r"\x02(\d+)\x03")


def json_fields(text: str) -> list[tuple[str, str]] | None:
    """Names and values of the object that ``text`` writes, nested ones as “name-inner”; templates stay as they are.

    A list is its JSON as a text. None where it is no object even when templates may stand without quotes.
    """
    if len(text) > TEXT_MOST:
        return None
    templates: list[str] = []
    marked: list[str] = []
    at, in_text = 0, False
    for found in _TEMPLATE.finditer(text):
        before = text[at : found.start()]
        in_text ^= len(re.findall(r'(?<!\\)(?:\\\\)*"', before)) % 2 == 1
        mark = f"\x02{len(templates)}\x03"
        marked += [before, mark if in_text else f'"{mark}"']
        templates.append(found[0])
        at = found.end()
    try:
        data = json.loads("".join([*marked, text[at:]]), strict=False)
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict):
        return None
    return [(_unmarked(name, templates), _unmarked(value, templates)) for name, value in _flat("", data, 0)]


def _flat(name: str, data: object, depth: int) -> Iterator[tuple[str, str]]:
    if isinstance(data, dict) and depth < 5:
        for key, value in data.items():
            yield from _flat(f"{name}-{key}" if name else key, value, depth + 1)
    elif data is None:
        yield name, ""
    elif isinstance(data, bool):
        yield name, "true" if data else "false"
    else:
        yield name, data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)


def _unmarked(text: str, templates: list[str]) -> str:
    return _MARK.sub(lambda found: templates[int(found[1])] if int(found[1]) < len(templates) else "", text)
