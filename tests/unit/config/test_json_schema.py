"""The JSON Schema that editors use is the one that the loader's models give."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from config.schema_export import FOLDER, schemas, write
from tests.unit.config.sites import BANK


def test_the_committed_schemas_are_up_to_date() -> None:
    committed = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.iterdir()}
    assert committed == schemas(), "run: python -m config.schema_export"


def test_the_export_writes_what_it_says(tmp_path: Path) -> None:
    write(tmp_path / "new")
    assert {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "new").iterdir()} == schemas()


def test_defaults_are_shown_as_a_file_writes_them() -> None:
    definitions = json.loads(schemas()["site.schema.json"])["$defs"]
    level = definitions["ServiceLevelModel"]["properties"]
    assert (level["threshold"]["default"], level["target"]["default"]) == ("20 s", "80 %")
    assert definitions["QueueModel"]["properties"]["wrap_up"]["default"] == "30 s"


@pytest.mark.parametrize("file", [*sorted(BANK.glob("*.yaml")), *sorted(BANK.glob("flows/*.yaml"))], ids=str)
def test_the_example_tells_editors_where_its_schema_is(file: Path) -> None:
    first = file.read_text(encoding="utf-8").partition("\n")[0]
    mark = "# yaml-language-server: $schema="
    assert first.startswith(mark)
    assert (file.parent / first.removeprefix(mark)).resolve().parent == FOLDER
    assert (file.parent / first.removeprefix(mark)).is_file()
