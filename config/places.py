"""Where a site's settings are written, for what is found out about them only when the site has been loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from config.documents import Document, read_document
from config.errors import Finding
from config.site import Site
from config.yaml_tree import Path as TreePath


class Places:
    """Reads the files of ``site`` again, each when it is first asked for."""

    def __init__(self, site: Site) -> None:
        self._folder = site.folder
        self._entry = site.entry_flow.id
        self._documents: dict[Path, Document | None] = {}

    def of_site(self, path: TreePath, message: str) -> Finding:
        """What ``message`` says of the setting at ``path`` in site.yaml, or of the nearest one around it."""
        return self._found(self._folder / "site.yaml", path, message)

    def of_workload(self, path: TreePath, message: str) -> Finding:
        """The same of the workload."""
        name = self._data(self._folder / "site.yaml").get("workload", "workload.yaml")
        return self._found(self._folder / str(name), path, message)

    def of_node(self, node: str, path: TreePath, message: str) -> Finding:
        """The same of a setting of a node of the flow that runs (“order/pin”): in the file of the flow that is called
        there."""
        *calls, own = node.split("/")
        flow = self._flow(self._entry)
        for call in calls:
            calling = self._data(flow).get("nodes", {}).get(call, {})
            flow = self._flow(str(calling.get("flow", self._entry)))
        return self._found(flow, ("nodes", own, *path), message)

    def _flow(self, name: str) -> Path:
        return self._folder / "flows" / f"{name}.yaml"

    def _document(self, file: Path) -> Document | None:
        if file not in self._documents:
            self._documents[file] = read_document(file, [])
        return self._documents[file]

    def _data(self, file: Path) -> Mapping[str, Any]:
        document = self._document(file)
        return document.tree.data if document is not None and isinstance(document.tree.data, dict) else {}

    def _found(self, file: Path, path: TreePath, message: str) -> Finding:
        document = self._document(file)
        if document is None:  # it was there when the site was loaded
            return Finding(str(file), 0, 0, message)
        found: list[Finding] = []
        replace(document, findings=found).fault(path, message, at_key=True)
        return found[0]
