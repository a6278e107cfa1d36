"""The languages of the pages: gettext catalogues, read from their .po files when the server starts."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from babel import Locale, UnknownLocaleError, negotiate_locale
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

from config.site import text_in

LOCALE_FOLDER = Path(__file__).parent / "locale"
DOMAIN = "holdless"
SOURCE_LANGUAGE = "en"
OWN_NAMES: Mapping[str, str] = {"en": "English", "uk": "Українська", "ru": "Русский"}
"""What each language calls itself, in the order of the switch."""


@dataclass(frozen=True, slots=True)
class Language:
    """One language of the pages."""

    code: str
    translations: NullTranslations
    messages: Mapping[str, str | tuple[str, ...]]
    """What the browser gets: message to translation, or to its plural forms."""

    def text(self, message: str, /, **values: object) -> str:
        """``message`` (English, as in the catalogue) in this language, with its {values} put in."""
        translated: str = self.translations.ugettext(message)
        return translated.format(**values) if values else translated

    def texts(self, one: str, many: str, count: int) -> str:
        """The plural form for ``count``, with {count} put in."""
        translated: str = self.translations.ungettext(one, many, count)
        return translated.format(count=count)

    def pick(self, texts: Mapping[str, str]) -> str:
        """A centre's own words in this language, else in English, else in whichever language there is."""
        return text_in(texts, self.code)

    def name_of(self, code: str) -> str:
        """What this language calls the language ``code``; the code itself where nobody knows."""
        try:
            name = Locale.parse(code).get_display_name(self.code)
        except (UnknownLocaleError, ValueError):
            return code
        return name[:1].upper() + name[1:] if name else code


@cache
def languages() -> Mapping[str, Language]:
    """Every language of the pages by code, in the order of the switch."""
    return {code: _load(code) for code in OWN_NAMES}


def po_file(code: str) -> Path:
    """Where the catalogue of a language lives."""
    return LOCALE_FOLDER / code / "LC_MESSAGES" / f"{DOMAIN}.po"


def read_catalogue(code: str) -> Catalog:
    """The catalogue of a language other than English."""
    with po_file(code).open("rb") as file:
        return read_po(file, locale=code)


def choose(cookie: str | None, accept_language: str | None) -> Language:
    """The language of one visitor: what they switched to, else what their browser asks for, else English."""
    known = languages()
    if cookie is not None and cookie in known:
        return known[cookie]
    wanted = _by_preference(accept_language or "")
    return known[negotiate_locale(wanted, list(known), sep="-") or SOURCE_LANGUAGE]


def _load(code: str) -> Language:
    if code == SOURCE_LANGUAGE:
        return Language(code, NullTranslations(), {})
    catalogue = read_catalogue(code)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    messages: dict[str, str | tuple[str, ...]] = {}
    for message in catalogue:
        if message.id and message.string:
            key = message.id if isinstance(message.id, str) else message.id[0]
            messages[key] = message.string if isinstance(message.string, str) else tuple(message.string)
    return Language(code, Translations(compiled, domain=DOMAIN), messages)


_RANGE = re.compile(r"\s*([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)\s*(?:;\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*)?")


def _by_preference(accept_language: str) -> list[str]:
    """The language tags of an Accept-Language header (RFC 9110, 12.5.4), best first; what is malformed is left out."""
    weighted: list[tuple[float, int, str]] = []
    for place, part in enumerate(_bounded(accept_language.split(","))):
        match = _RANGE.fullmatch(part)
        if match and float(match[2] or 1) > 0:
            weighted.append((-float(match[2] or 1), place, match[1]))
    return [tag for _, _, tag in sorted(weighted)]


def _bounded(parts: Iterable[str]) -> list[str]:
    return list(parts)[:16]
