"""Languages whose grammar is not written down here: figures as CLDR has them, for a speech synthesiser to read."""

from __future__ import annotations

from decimal import Decimal

from babel.dates import format_date, format_skeleton, format_time
from babel.numbers import format_currency, format_decimal
from babel.units import format_unit

from ivr.aloud import values
from ivr.aloud.template import Aloud, Slot
from ivr.aloud.tongue import locale_of


def figures(slot: Slot, language: str, text: str) -> str | None:
    """The value of ``slot`` as figures; None where it is none, or is read digit by digit."""
    locale = locale_of(language)
    match slot.aloud:
        case Aloud.NUMBER | Aloud.ORDINAL if (number := values.as_number(text)) is not None:
            return str(format_decimal(number, locale=locale))
        case Aloud.MONEY if (hundredths := values.as_hundredths(text)) is not None:
            amount = Decimal(hundredths).scaleb(-2)
            return str(format_currency(amount, slot.option, locale=locale, format_type="name"))
        case Aloud.DATE if (day := values.as_date(text)) is not None:
            if slot.option:
                return str(format_date(day, "long", locale=locale))
            return str(format_skeleton("MMMMd", day, locale=locale))
        case Aloud.TIME if (clock := values.as_time(text)) is not None:
            return str(format_time(clock, "short", locale=locale))
        case Aloud.DURATION if (seconds := values.as_seconds(text)) is not None:
            if slot.option:
                seconds = values.whole_minutes(seconds) * 60
            parts = ((seconds // 3_600, "hour"), (seconds // 60 % 60, "minute"), (seconds % 60, "second"))
            spoken = [format_unit(count, f"duration-{unit}", locale=locale) for count, unit in parts if count]
            return " ".join(spoken) or str(format_unit(0, "duration-second", locale=locale))
    return None
