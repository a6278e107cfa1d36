"""site.yaml, ``callbacks``: which telephone numbers may be dialled."""

from __future__ import annotations

from typing import Annotated

import phonenumbers
from pydantic import AfterValidator, Field

from config.errors import shown
from config.schema.values import Model, wrong


def _known_country(code: str) -> str:
    if code in phonenumbers.SUPPORTED_REGIONS:
        return code
    raise wrong(f"{shown(code)} is no country; write two capital letters by ISO 3166, such as UA")


Country = Annotated[str, AfterValidator(_known_country)]
"""“UA”."""


def _is_prefix(text: str) -> str:
    if text.startswith("+") and text[1:].isascii() and text[1:].isdigit() and len(text) <= 16:
        return text
    raise wrong(f'{shown(text)} is no beginning of a number; write it with plus and country code, such as "+38044"')


Prefix = Annotated[str, AfterValidator(_is_prefix)]
"""“+38044”."""


class CallbacksModel(Model):
    """Whom the site may call back. Only fixed lines and mobiles ever pass, never premium rates or satellites."""

    country: Country = Field(description="How numbers without a plus are read.")
    countries: list[Country] = Field(
        default_factory=list, description="Countries that may be called; only `country` where it is left out."
    )
    only: list[Prefix] = Field(default_factory=list, description="A number must begin with one of these, if any.")
    never: list[Prefix] = Field(default_factory=list, description="A number must begin with none of these.")
