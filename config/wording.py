"""pydantic's findings in our words: what is wrong, and what to write instead."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from config.errors import advice, nearest, shown
from config.schema.values import SHAPES
from config.yaml_tree import Mark

_KINDS = {
    "value": "one value",
    "string_type": "a text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a number",
    "bool_type": "true or false",
    "list_type": "a list: [one, two]",
    "dict_type": "a group of settings, “name: value”, one a line",
    "model_type": "a group of settings, “name: value”, one a line",
    "model_attributes_type": "a group of settings, “name: value”, one a line",
}

_FORMERLY = {
    ("http", "url"): "“service: orders” and “path: /orders/{order}” here, and the address in site.yaml: web_services: "
    "{orders: {url: https://orders.example.com}}",
    ("web_services", "encrypted"): "“url: http://…” or “url: https://…”",
}
"""Settings of earlier versions, with something around them, and what to write instead."""


def described(detail: ErrorDetails, mark: Mark | None, model: type[BaseModel]) -> tuple[str, bool]:
    """The message for one of pydantic's findings in a file of ``model``, and whether its place is the key.

    ``mark`` is the value's place, which knows how the value was written.
    """
    kind, given, context = detail["type"], detail["input"], detail.get("ctx", {})
    if kind == "missing":
        return f"“{detail['loc'][-1]}” is missing here; add “{detail['loc'][-1]}: …”", True
    if kind == "extra_forbidden":
        name = str(detail["loc"][-1])
        if (now := _written_formerly(name, detail["loc"])) is not None:
            return f"{shown(name)} is written otherwise now: {now}", True
        return f"{shown(name)} is not known here; {advice(name, _known_keys(model, detail['loc'][:-1]))}", True
    if kind == "union_tag_not_found":
        name = context["discriminator"].strip("'")
        return f"“{name}” is missing here; add “{name}: …”", True
    return _of_value(kind, given, context, mark) or detail["msg"], False


def _written_formerly(name: str, loc: Sequence[str | int]) -> str | None:
    return next((now for (around, setting), now in _FORMERLY.items() if setting == name and around in loc), None)


def _of_value(kind: str, given: Any, context: dict[str, Any], mark: Mark | None) -> str | None:
    if kind == "at_odds":
        return str(context["message"])
    if kind in _KINDS:
        return _of_kind(kind, given, mark)
    if "discriminator" not in context and (given is None or isinstance(given, list | dict)) and "too_" not in kind:
        return _of_kind("value", given, mark)
    match kind:
        case "site":
            return str(context["message"])
        case "literal_error" | "enum" | "union_tag_invalid":
            return _of_choice(given, context)
        case "string_pattern_mismatch":
            words = SHAPES[context["pattern"]]
            return f"{shown(given)} does not fit; write {words}"
        case "string_too_short" | "too_short":
            return "this is empty; write something, or leave the setting out"
        case "string_too_long":
            return f"this is longer than {context['max_length']} characters; shorten it"
        case "greater_than_equal" | "less_than_equal" | "greater_than":
            sign, limit = next(iter(context.items()))
            bounds = {"ge": "{:g} or more", "le": "{:g} or less", "gt": "more than {:g}"}
            return f"{given} does not fit; write {bounds[sign].format(limit)}"
    return None


def _of_kind(kind: str, given: Any, mark: Mark | None) -> str:
    wanted = _KINDS[kind]
    if given is None:
        return f"nothing stands here; write {wanted}, or leave the setting out"
    if kind == "string_type" and not isinstance(given, list | dict):
        return f'this must be a text; quote it: "{mark.raw if mark else given}"'
    if isinstance(given, list | dict):
        is_list = isinstance(given, list)
        return f"{'a list' if is_list else 'a group of settings'} stands here; write {wanted}"
    habits = {"yes": "true", "on": "true", "no": "false", "off": "false"}
    if kind == "bool_type" and str(given).lower() in habits:
        return f"{shown(given)} is only a word in YAML 1.2; write {habits[str(given).lower()]}"
    if kind == "list_type" and mark is not None:
        quote = '"' if mark.quoted else ""
        return f"{shown(given)} does not fit; write a list, even of one: [{quote}{mark.raw}{quote}]"
    if kind == "float_type" and isinstance(given, str) and re.fullmatch(r"-?\d+,\d+", given):
        return f"{shown(given)} does not fit; write a point for the comma, and no quotes: {given.replace(',', '.')}"
    if isinstance(given, str) and mark is not None and mark.quoted and kind in ("int_type", "float_type"):
        return f"{shown(given)} is a text; write {wanted}, without quotes"
    return f"{shown(given)} does not fit; write {wanted}"


def _of_choice(given: Any, context: dict[str, Any]) -> str:
    if "discriminator" in context:
        given = given.get(context["discriminator"].strip("'"))
    expected = str(context.get("expected_tags") or context["expected"])
    choices = [word.strip().strip("'") for word in expected.replace(" or ", ", ").split(",")]
    if isinstance(given, str) and nearest(given, choices):
        return f"{shown(given)} is not one of the choices; {advice(given, choices)}"
    words = "nothing" if given is None else shown(given)
    return f"{words} is not one of the choices; write {', '.join(choice or 'empty quotes' for choice in choices)}"


@functools.cache
def _schema(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema()


def _known_keys(model: type[BaseModel], loc: Sequence[str | int]) -> list[str]:
    """The settings that may stand at ``loc``, found in the model's JSON Schema."""
    schema = _schema(model)
    here = _resolved(schema, schema)
    for part in loc:
        here = _resolved(schema, _below(here, part))
    return list(here.get("properties", ()))


def _below(here: dict[str, Any], part: str | int) -> dict[str, Any]:
    mapping = here.get("discriminator", {}).get("mapping", {})
    if part in mapping:
        return {"$ref": mapping[part]}
    if part in here.get("properties", {}):
        found: Any = here["properties"][part]
    elif isinstance(part, int):
        found = here.get("items", {})
    else:
        found = next(iter(here.get("patternProperties", {}).values()), here.get("additionalProperties"))
    return found if isinstance(found, dict) else here  # pydantic names the choice that was made, too


def _is_plain(option: dict[str, Any]) -> bool:
    return "$ref" not in option


def _resolved(schema: dict[str, Any], here: dict[str, Any]) -> dict[str, Any]:
    """The schema itself, where ``here`` refers to it or allows it beside a single value or nothing at all."""
    options = here.get("anyOf", () if "discriminator" in here else here.get("oneOf", ()))
    here = next((option for option in sorted(options, key=_is_plain) if option.get("type") != "null"), here)
    if "$ref" in here:
        found: dict[str, Any] = schema["$defs"][here["$ref"].rsplit("/", 1)[-1]]
        return found
    return here
