"""Requests and answers against Twilio's OpenAPI documents, as far as ``contract.json`` holds them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

_CONTRACT: dict[str, Any] = json.loads((Path(__file__).parent / "contract.json").read_text(encoding="utf-8"))


class Refused(Exception):
    """The request is none that Twilio's documents know."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(f"{status} {code} {message}")
        self.status, self.code, self.message = status, code, message


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What was asked for."""

    method: str
    path: str
    """With names in braces, without “/2010-04-01/Accounts/{AccountSid}”."""
    parts: dict[str, str]
    status: int
    """Of the answer, if all is well."""


def found(method: str, path: str, query: dict[str, list[str]], form: dict[str, list[str]]) -> Endpoint:
    """The endpoint, once the request is found to be one that it takes."""
    for one in _CONTRACT["endpoints"]:
        names = re.findall(r"\{(\w+)\}", one["path"])
        pattern = re.sub(r"\\\{\w+\\\}", "([^/]+)", re.escape(one["path"]))
        match = re.fullmatch(pattern, path)
        if match is None or one["method"] != method:
            continue
        parts = {name: unquote(value) for name, value in zip(names, match.groups(), strict=True)}
        for name, value in parts.items():
            _check(name, [value], one["path_parameters"][name])
        for kind, given, known in (("query", query, one["query"]), ("form", form, one["form"])):
            for name, values in given.items():
                if name not in known:
                    raise Refused(400, 20001, f"{name} is not in the {kind} of {one['path']}")
                _check(name, values, known[name])
        for name in one["required"]:
            if name not in form:
                raise Refused(400, 21201, f"{name} is required")
        return Endpoint(method, one["path"].removeprefix("/2010-04-01/Accounts/{AccountSid}"), parts, one["status"])
    raise Refused(404, 20404, f"{method} {path} is not in the documents, or not among what we use")


def _check(name: str, values: list[str], field: dict[str, Any]) -> None:
    if len(values) > 1 and field.get("type") != "array":
        raise Refused(400, 20001, f"{name} is given {len(values)} times")
    for value in values:
        words = field.get("enum") or field.get("words")
        wrong = (
            (words is not None and value not in words)
            or ("pattern" in field and not re.search(field["pattern"], value))
            or (field.get("type") == "boolean" and value not in ("true", "false"))
            or (field.get("type") == "integer" and not re.fullmatch(r"-?\d+", value))
            or ("least" in field and not field["least"] <= int(value) <= field["most"])
            or ("length" in field and len(value) > field["length"])
            or (field.get("format") == "uri" and value and "_" in (urlsplit(value).hostname or "_"))
        )
        if wrong:
            raise Refused(400, 20001, f"{name}={value!r}")


def answer(kind: str, **values: Any) -> dict[str, Any]:
    """A resource of the kind, of fields that its document names and of their types; the others are null."""
    known = _CONTRACT["answers"][kind]
    for name, value in values.items():
        field = known[name]
        types: dict[str, type] = {"string": str, "integer": int, "boolean": bool, "object": dict}
        assert value is None or isinstance(value, types[field["type"]]), (kind, name, value)
        assert value is None or "pattern" not in field or re.search(field["pattern"], str(value)), (kind, name, value)
        assert value is None or "enum" not in field or value in field["enum"], (kind, name, value)
    return {**dict.fromkeys(known), **values}
