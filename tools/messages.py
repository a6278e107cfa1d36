"""Collects every text of the pages and brings the catalogues in cti/web/locale/ up to date.

Run it after changing a text:  .venv/bin/python tools/messages.py
It keeps every translation whose English text is still there, adds what is new with an empty translation, and drops
what is gone. Then translate what is empty; tests/unit/web/test_languages.py says what is missing.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import write_po

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from cti.web.languages import DOMAIN, OWN_NAMES, SOURCE_LANGUAGE, po_file, read_catalogue  # noqa: E402

PLACES = ("cti/web", "cti/desk", "cti/floor", "cti/phone", "cti/voicemail")
TEXTS = {"text": None, "texts": (1, 2), "_": None, "gettext": None, "ngettext": (1, 2), "t": None, "n": (1, 2)}

_STRING = r'"((?:[^"\\]|\\.)*)"'
JS_TEXT = re.compile(rf"(?<![\w.])(?:t\(\s*{_STRING}|n\(\s*{_STRING},\s*{_STRING})")
"""A text in a script: t("…") and n("one", "many", …). Babel's own extractor loses its way in nested templates."""
HEADER = """# The pages of Holdless: {name}. Brought up to date by tools/messages.py.
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: {plural}\\n"

"""

JS_CALL = re.compile(r"(?<![\w.])[tn]\(")


def extract_javascript(
    file: IO[bytes],
    _keywords: Any,
    _comment_tags: Any,
    options: Any,  # noqa: ARG001 (the name is Babel's)
) -> Iterator[tuple[int, str, Any, list[str]]]:
    """Babel's interface for an extractor: line, function, texts, comments."""
    source = file.read().decode()
    for match in JS_TEXT.finditer(source):
        line = source.count("\n", 0, match.start()) + 1
        one, first, many = match.groups()
        if one is not None:
            yield line, "t", one, []
        else:
            yield line, "n", (first, many), []


def sources() -> Iterator[tuple[Path, Any]]:
    """Every file with texts in it, and how its texts are found."""
    for place in PLACES:
        for file in sorted((ROOT / place).rglob("*")):
            if file.suffix == ".py":
                yield file, "python"
            elif file.suffix == ".html":
                yield file, "jinja2.ext:babel_extract"
            elif file.suffix == ".js":
                yield file, extract_javascript


def collect() -> Catalog:
    """The catalogue of all texts, in English."""
    catalogue = Catalog(project="Holdless", charset="utf-8")
    for file, method in sources():
        with file.open("rb") as opened:
            for _line, message, _comments, context in extract(method, opened, TEXTS):
                catalogue.add(message, locations=[(str(file.relative_to(ROOT)), 0)], context=context)
    return catalogue


def main() -> None:
    """Rewrites every catalogue."""
    template = collect()
    for code in OWN_NAMES:
        if code == SOURCE_LANGUAGE:
            continue
        catalogue = read_catalogue(code)
        catalogue.update(template, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        file = po_file(code)
        with file.open("wb") as opened:
            opened.write(HEADER.format(name=OWN_NAMES[code], plural=catalogue.plural_forms).encode())
            write_po(opened, catalogue, omit_header=True, include_lineno=False, sort_output=True, width=110)
        missing = sum(1 for message in catalogue if message.id and not all(_forms(message.string)))
        print(f"{file.relative_to(ROOT)}: {len(catalogue)} texts, {missing} without a translation ({DOMAIN})")


def _forms(translation: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    return tuple(translation) if isinstance(translation, tuple | list) else (translation or "",)


if __name__ == "__main__":
    main()
