"""One file of a site: read, checked against its model, with findings where it is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from config.errors import Finding
from config.wording import described
from config.yaml_tree import Mark, Tree, UnreadableError, read_tree
from config.yaml_tree import Path as TreePath

BYTES_MOST = 1_000_000
"""No file of settings is larger; what is, was put there by mistake."""

_WORKBOOK = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""What .xlsx and .ods begin with, and .xls."""

_M = TypeVar("_M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Document:
    """A file's data and places. Findings go to the list that all files of the site share."""

    file: str
    text: str
    tree: Tree
    findings: list[Finding]

    def fault(self, path: TreePath, message: str, *, at_key: bool = False, at: int | None = None) -> None:
        """Something is wrong with the value at ``path`` (or with its key), or with its character ``at``, from 0."""
        places = (self.tree.keys, self.tree.values) if at_key else (self.tree.values, self.tree.keys)
        while path and not any(path in place for place in places):
            # What was laid into a flow from another file (“call/node”) has its place where that file is called.
            last = str(path[-1])
            path = (*path[:-1], last.partition("/")[0]) if "/" in last else path[:-1]
        mark = places[0].get(path) or places[1].get(path) or Mark(1, 1)
        place = (mark.line, mark.column) if at is None else mark.place(at)
        self.findings.append(Finding(self.file, *place, message))

    def validated(self, model: type[_M]) -> _M | None:
        """The file as ``model``; None, with findings, where it is not one."""
        try:
            return model.model_validate(self.tree.data)
        except ValidationError as error:
            for detail in error.errors(include_url=False):
                path, at_key = self._located(detail["loc"])
                if detail["type"] == "union_tag_invalid":  # pydantic names the group, not the setting that decides
                    path = (*path, detail["ctx"]["discriminator"].strip("'"))
                message, on_key = described(detail, self.tree.values.get(path), model)
                self.fault(path, message, at_key=at_key or on_key)
        return None

    def _located(self, loc: Sequence[str | int]) -> tuple[TreePath, bool]:
        """The path in the file that pydantic's ``loc`` means: it also names union branches and “[key]”."""
        path: TreePath = ()
        data: Any = self.tree.data
        tagged = False
        for part in loc:
            if isinstance(data, dict) and part == data.get("do") and not tagged:
                tagged = True  # the branch, though the group may have a setting of this name too, as a queue node has
                continue
            inside = (isinstance(data, dict) and part in data) or (
                isinstance(data, list) and isinstance(part, int) and part < len(data)
            )
            if inside:
                path, data, tagged = (*path, part), data[part], False
        return path, bool(loc) and loc[-1] == "[key]"


def read_document(path: Path, findings: list[Finding]) -> Document | None:
    """The YAML file at ``path``; None, with a finding, where it cannot be read."""
    text = _read_text(path, findings)
    return None if text is None else parsed(str(path), text, findings)


def parsed(file: str, text: str, findings: list[Finding]) -> Document | None:
    """The YAML of ``file``; None, with a finding, where it is none."""
    try:
        tree = read_tree(text, lambda line, column, message: findings.append(Finding(file, line, column, message)))
    except UnreadableError as error:
        findings.append(Finding(file, error.line, error.column, error.message))
        return None
    return Document(file, text, tree, findings)


def _read_text(path: Path, findings: list[Finding]) -> str | None:
    file = str(path)
    try:
        with path.open("rb") as stream:
            content = stream.read(BYTES_MOST + 1)
    except OSError as error:
        findings.append(unreadable(file, error))
        return None
    if len(content) > BYTES_MOST:
        findings.append(Finding(file, 0, 0, f"is larger than {BYTES_MOST} bytes; that is no file of a site"))
        return None
    return decoded(content, file, 1, findings)


def unreadable(file: str, error: OSError) -> Finding:
    """The finding for a file that the system does not give."""
    if isinstance(error, FileNotFoundError):
        return Finding(file, 0, 0, "there is no such file; create it, or correct the name")
    return Finding(file, 0, 0, f"cannot be read ({error.strerror}); check what it is and who may read it")


def decoded(content: bytes, file: str, first_line: int, findings: list[Finding]) -> str | None:
    """UTF-8, with or without a byte order mark, as text; None, with a finding, where it is something else."""
    if content.startswith(_WORKBOOK):
        findings.append(Finding(file, 1, 1, "this is a workbook of a spreadsheet; save it there as CSV, in UTF-8"))
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8-sig", errors="replace")
        line, column = before.count("\n") + first_line, len(before) - before.rfind("\n")
        findings.append(Finding(file, line, column, "this byte is not UTF-8; save the file in the encoding UTF-8"))
        return None
