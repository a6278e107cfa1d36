"""JSON Schema of a site's files, for editors. ``python -m config.schema_export`` writes config/json-schema/ anew."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from config.schema.flows import FlowModel
from config.schema.prompts import PromptsModel
from config.schema.scenario import ScenarioModel
from config.schema.site import SiteModel
from config.schema.staffing import StaffingModel
from config.schema.values import DURATION, SHARE
from config.schema.workload import WorkloadModel

FOLDER = Path(__file__).parent / "json-schema"

_MODELS: dict[str, type[BaseModel]] = {
    "site": SiteModel,
    "flow": FlowModel,
    "prompts": PromptsModel,
    "workload": WorkloadModel,
    "staffing": StaffingModel,
    "scenario": ScenarioModel,
}


def schemas() -> dict[str, str]:
    """The text of each schema by the name of its file."""
    return {f"{name}.schema.json": _text(model) for name, model in _MODELS.items()}


def _text(model: type[BaseModel]) -> str:
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **_tidied(model.model_json_schema()),
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _tidied(schema: Any) -> Any:
    """The schema with defaults as a file writes them: “20 s”, where the model says 20000."""
    if isinstance(schema, list):
        return [_tidied(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    tidy = {name: _tidied(part) for name, part in schema.items()}
    default = tidy.pop("default", None)
    if isinstance(default, dict) or default is None:  # nothing, or what the group's own settings say already
        return tidy
    patterns = [option.get("pattern") for option in (tidy, *tidy.get("anyOf", ()))]
    if DURATION in patterns:
        default = f"{default / 1_000:g} s"
    elif SHARE in patterns:
        default = f"{default * 100:g} %"
    return {**tidy, "default": default}


def write(folder: Path) -> None:
    """Writes all schemas into ``folder``."""
    folder.mkdir(exist_ok=True)
    for name, text in schemas().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(FOLDER)
