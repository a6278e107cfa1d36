"""From the countries that a site may call to the tables of :mod:`centre.numbers`."""

from __future__ import annotations

from phonenumbers import PhoneMetadata, PhoneNumberDesc

from centre.numbers import NumberingPlan, NumberRules
from config.schema.numbers import CallbacksModel


def number_rules(model: CallbacksModel) -> NumberRules:
    """What may be dialled. The plans are those of Google's libphonenumber as of the installed version: a newer one may
    know more numbers, and the site's digest changes with it."""
    countries = dict.fromkeys(model.countries or [model.country])
    return NumberRules(
        home=_plan(model.country),
        plans=tuple(_plan(country) for country in countries),
        only=tuple(model.only),
        never=tuple(model.never),
    )


def _plan(country: str) -> NumberingPlan:
    metadata = PhoneMetadata.metadata_for_region(country)
    assert metadata is not None  # the country was checked
    kinds = [_pattern(kind) for kind in (metadata.fixed_line, metadata.mobile)]
    return NumberingPlan(
        code=str(metadata.country_code),
        numbers="|".join(f"(?:{kind})" for kind in kinds if kind),
        trunk_prefix=metadata.national_prefix or "",
        international_prefix=metadata.international_prefix or "",
    )


def _pattern(kind: PhoneNumberDesc | None) -> str:
    return "" if kind is None else kind.national_number_pattern or ""
