"""What the pages use from others is what the manifest says, with its licence."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

VENDOR = Path(__file__).parents[3] / "cti" / "web" / "static" / "vendor"
STATIC = [Path(__file__).parents[3] / "cti" / part / "static" for part in ("web", "desk", "floor", "phone")]
MANIFEST = json.loads((VENDOR / "manifest.json").read_text())


def test_every_file_is_in_the_manifest_with_its_digest() -> None:
    listed = {file["name"]: file["sha256"] for package in MANIFEST for file in package["files"]}
    there = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in VENDOR.iterdir()}
    del there["manifest.json"]
    assert listed == there


def test_every_package_is_pinned_and_carries_a_licence_that_lets_us() -> None:
    for package in MANIFEST:
        assert re.fullmatch(r"\d+\.\d+\.\d+", package["version"])
        assert package["licence"] in {"MIT", "Apache-2.0", "ISC", "OFL-1.1"}
        assert any(file["name"].endswith(".LICENSE") for file in package["files"])


def test_pages_ask_nobody_else_for_anything() -> None:
    for folder in STATIC:
        for file in folder.rglob("*"):
            if file.suffix in {".js", ".mjs", ".css", ".svg"}:
                addresses = set(re.findall(r"https?://[^\s\"'`)]+", file.read_text("utf-8")))
                assert all("w3.org" in one or file.parent == VENDOR for one in addresses), file
                assert not re.search(r"@import|url\(\s*[\"']?https?:", file.read_text("utf-8")), file


def test_the_sheet_has_the_icons_that_are_used_and_no_others() -> None:
    sheet = set(re.findall(r'<symbol id="([^"]+)"', (VENDOR / "icons.svg").read_text()))
    used: set[str] = set()
    quoted: set[str] = set()
    for folder in STATIC:
        for script in folder.rglob("*.js"):
            used |= set(re.findall(r'(?:icon: |Icon} name=|Note} icon=)"([a-z0-9-]+)"', script.read_text("utf-8")))
            quoted |= set(re.findall(r'"([a-z0-9-]+)"', script.read_text("utf-8")))
        for template in (folder.parent / "templates").rglob("*.html"):
            used |= set(re.findall(r'icon\("([a-z0-9-]+)"\)', template.read_text("utf-8")))
    assert used - sheet == set()
    assert sheet - used - quoted == set(), "take it off the list in tools/vendor.sh"
