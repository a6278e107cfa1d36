"""The kinds of values that a site's files are made of, each with an error that says how to write it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, WithJsonSchema
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from config.errors import SHOWN_MOST, shown
from ivr.expressions import RESERVED
from ivr.hours import Span


class Model(BaseModel):
    """The base of all: unknown keys and values of another type are refused, nothing is guessed."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False, validate_by_name=False)


def wrong(message: str) -> PydanticCustomError:
    """A finding whose whole wording is ours."""
    return PydanticCustomError("site", "{message}", {"message": message})


def at_odds(message: str) -> PydanticCustomError:
    """A finding about settings that do not go together, in our words."""
    return PydanticCustomError("at_odds", "{message}", {"message": message})


# Names and texts. SHAPES says in words what a pattern asks for.

SHAPES: dict[str, str] = {}


def shaped(pattern: str, words: str) -> FieldInfo:
    """A pattern with its words for people."""
    SHAPES[pattern] = words
    field: FieldInfo = Field(pattern=pattern)
    return field


_IS_NAME = shaped(r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$", "a name: letters, digits, hyphens and underscores, at most 64")
Name = Annotated[str, _IS_NAME]
"""Of a queue, an agent, a node, a prompt …"""

_IS_NODE = shaped(
    r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}(/[A-Za-z0-9][A-Za-z0-9_-]{0,63}){0,9}$",
    "a node, or, in a flow that is called, the calling node, a slash and the node",
)
NodePath = Annotated[str, _IS_NODE]
"""A node of a whole flow, those that it calls included: “card-number”, “identify/ask”."""

_NOT_SKILLS = frozenset(
    {"and", "or", "not", "anybody", "if", "else", "in", "is", "for", "lambda", "None", "True", "False"}
)


def _is_skill(name: str) -> str:
    if name in _NOT_SKILLS:
        raise wrong(f"“{name}” has a meaning in requirements and cannot be a skill; choose another name")
    return name


_SKILL = shaped(r"^[a-z][a-z0-9_]{0,63}$", "a skill's name: small letters, digits and underscores, no hyphen")
SkillName = Annotated[str, _SKILL, AfterValidator(_is_skill)]
"""Stands in requirements, so it has no hyphen."""

Level = Annotated[int, Field(ge=1, le=10)]

Language = Annotated[str, shaped(r"^[a-z]{2,3}(?:-[A-Z]{2})?$", "a language code, such as en, uk or pt-BR")]
"""“en”, “uk”, “pt-BR”."""


def _is_variable(name: str) -> str:
    if name in RESERVED:
        raise wrong(f"“{name}” has a meaning in expressions and cannot be a variable; choose another name")
    return name


_VARIABLE = shaped(r"^[a-z][a-z0-9_]{0,62}$", "a variable's name: small letters, digits and underscores, no hyphen")
VariableName = Annotated[str, _VARIABLE, AfterValidator(_is_variable)]
"""Stands in expressions, so it has no hyphen."""

_IS_LINE = shaped(r"^[^\x00-\x1f\x7f]*$", "a text of one line, without control characters")
Line = Annotated[str, Field(min_length=1, max_length=200), _IS_LINE]
"""A text of one line."""

Texts = Annotated[dict[Language, Line], Field(min_length=1)]
"""The same words by language."""

_IS_NEED = shaped(r"^[A-Za-z0-9_<>=!() ]+$", "a requirement: skills and levels with and, or, not, such as cards >= 2")
Requirement = Annotated[str, Field(max_length=500), _IS_NEED]
"""Skills and levels joined with and, or, not: “cards >= 2 and english”."""

# Keys of a telephone.

Key = Annotated[str, shaped(r"^[0-9*#]$", 'one key of a telephone: "0" to "9", "*" or "#"')]
Keys = Annotated[str, shaped(r"^[0-9*#]{1,100}$", 'keys of a telephone: "0" to "9", "*" and "#"')]

_IS_OUTSIDE_NUMBER = shaped(r"^\+?[0-9]{2,20}$", 'a telephone number, such as "+380441234567"')
OutsideNumber = Annotated[str, _IS_OUTSIDE_NUMBER]
"""Digits, with or without a plus."""


def _no_number(name: Any) -> Any:
    if isinstance(name, str) and re.fullmatch(r"\+?[0-9]{2,}", name, re.ASCII):
        raise wrong(
            f"{shown(name)} is no name; give the number one in site.yaml, such as outside_numbers: "
            f'{{night-service: "{name[:21]}"}}, and let flows go by that'
        )
    return name


OutsideName = Annotated[Name, BeforeValidator(_no_number)]
"""What a site calls a number outside: “night-service”. No number itself, so that flows run at any site."""

_IS_NUMBERS = shaped(r"^\+?[0-9]{1,20}\*?$", 'a number, or its beginning and a star, such as "+38044*"')
Numbers = Annotated[str, _IS_NUMBERS]
"""One number, or all that begin with some digits."""

# Durations and shares.

_UNITS_MS = {"ms": 1, "s": 1_000, "min": 60_000, "h": 3_600_000}
_UNITS_AS_SAID = {unit: unit for unit in _UNITS_MS} | {
    **dict.fromkeys(("m", "mins", "minute", "minutes"), "min"),
    **dict.fromkeys(("sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("hr", "hrs", "hour", "hours"), "h"),
    **dict.fromkeys(("msec", "millisecond", "milliseconds"), "ms"),
}
DURATION = r"^\d{1,9}(\.\d{1,3})? ?(ms|s|min|h)$"
_LONGEST_MS = 24 * 3_600_000


def _duration(value: Any) -> int:
    """Milliseconds of “20 s”."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise wrong(f"{value} has no unit; write it as “{value} s” (or ms, min, h)")
    if isinstance(value, str) and value.startswith("-"):
        raise wrong(f"{shown(value)} is negative; a duration is 0 s or longer")
    if not isinstance(value, str) or not re.fullmatch(DURATION, value, re.ASCII):
        meant = _meant_duration(str(value))
        advice = f"write “{meant}”" if meant else "write a number and a unit, such as “20 s”, “5 min” or “1500 ms”"
        raise wrong(f"{shown(value)} is no duration; {advice}")
    unit = value.lstrip("0123456789. ")
    duration_ms = round(float(value.removesuffix(unit)) * _UNITS_MS[unit])
    if duration_ms > _LONGEST_MS:
        raise wrong(f"{shown(value)} is longer than a day; write a shorter duration")
    return duration_ms


def _meant_duration(text: str) -> str | None:
    """“3.5 min” for “3,5 minutes”, “200 s” for “3:20”."""
    if clock := re.fullmatch(r"(\d{1,3}):([0-5]\d)", text, re.ASCII):
        return f"{int(clock[1]) * 60 + int(clock[2])} s"
    found = re.fullmatch(r"(\d{1,9}(?:[.,]\d{1,3})?) ?([a-z]+)\.?", text.strip().lower(), re.ASCII)
    unit = _UNITS_AS_SAID.get(found[2]) if found else None
    return f"{found[1].replace(',', '.')} {unit}" if found and unit else None


def _some_time(duration_ms: int) -> int:
    if duration_ms == 0:
        raise wrong("this cannot take no time at all; write a duration longer than 0")
    return duration_ms


_DURATION_SCHEMA = WithJsonSchema({"type": "string", "pattern": DURATION, "examples": ["20 s", "5 min", "1500 ms"]})
Duration = Annotated[int, PlainValidator(_duration), _DURATION_SCHEMA]
"""In the file “20 s”, here milliseconds; at most a day."""
LongerThanZero = Annotated[int, PlainValidator(lambda value: _some_time(_duration(value))), _DURATION_SCHEMA]

UNTIL_DONE = "until done"


def _wrap_up(value: Any) -> int | None:
    return None if value == UNTIL_DONE else _duration(value)


WrapUp = Annotated[
    int | None,
    PlainValidator(_wrap_up),
    WithJsonSchema(
        {
            "anyOf": [{"const": UNTIL_DONE}, {"type": "string", "pattern": DURATION}],
            "description": f"“30 s”, or “{UNTIL_DONE}”: until the agent says so.",
        }
    ),
]

SHARE = r"^\d{1,3}(\.\d{1,3})? ?%$"


def _percent(value: Any, example: int, most: int) -> str:
    """What was meant by 0.8, 30 or “12,5 %”, if that may be written: up to ``most`` per cent; the ``example`` where it
    cannot be told (1, -3)."""
    try:
        number = float(str(value).replace(",", ".").rstrip(" %"))
    except ValueError:
        return f"{example}"
    if isinstance(value, bool) or not 0 <= number <= most or number == 1:
        return f"{example}"
    is_fraction = number < 2 and number * 100 <= most and "%" not in str(value)
    return f"{round(number * 100 if is_fraction else number, 3):g}"


def _share(value: Any) -> float:
    """0 to 1 of “80 %”."""
    if not isinstance(value, str) or not re.fullmatch(SHARE, value, re.ASCII):
        given = shown(value) if isinstance(value, str) else value
        raise wrong(f"{given} is not a share; write it in per cent, such as “{_percent(value, 80, 100)} %”")
    share = float(value.rstrip(" %")) / 100
    if share > 1:
        raise wrong(f"{shown(value)} is more than everything; write 100 % or less")
    return share


Share = Annotated[
    float, PlainValidator(_share), WithJsonSchema({"type": "string", "pattern": SHARE, "examples": ["80 %"]})
]
"""In the file “80 %”, here 0.8."""

FACTOR = r"^\d{1,4}(\.\d{1,3})? ?%$"


def _factor(value: Any) -> float:
    """1.2 of “120 %”."""
    if not isinstance(value, str) or not re.fullmatch(FACTOR, value, re.ASCII):
        given = shown(value) if isinstance(value, str) else value
        raise wrong(f"{given} is no factor; write it in per cent, such as “{_percent(value, 120, 1_000)} %”")
    factor = float(value.rstrip(" %")) / 100
    if factor > 10:
        raise wrong(f"{shown(value)} is out of reach; write 1000 % or less")
    return factor


Factor = Annotated[
    float, PlainValidator(_factor), WithJsonSchema({"type": "string", "pattern": FACTOR, "examples": ["120 %"]})
]
"""In the file “120 %”, here 1.2."""

# Times of day and dates.

_CLOCK = r"(?:[01]\d|2[0-3]):[0-5]\d"
_SPAN = rf"^{_CLOCK}-(?:{_CLOCK}|24:00)$"


_T = TypeVar("_T")


def _of_text(
    pattern: str, what: str, example: str, read: Callable[[str], _T], advice: Callable[[str], str] | None = None
) -> Callable[[Any], _T]:
    """A validator that reads texts of ``pattern``. ``advice`` knows what was meant by some others; "" by the rest."""

    def validate(value: Any) -> _T:
        if not isinstance(value, str) or not re.fullmatch(pattern, value, re.ASCII):
            meant = "" if advice is None else advice(str(value))
            raise wrong(f"{shown(value)} is no {what}; write it like {meant or example}")
        return read(value)

    return validate


def _span(text: str) -> Span:
    start, _, end = text.partition("-")
    return Span(time.fromisoformat(start), time.fromisoformat(end.replace("24:00", "00:00")))


def _meant_clock(text: str) -> str:
    found = re.fullmatch(r"(\d{1,2})[:.](\d\d)(?::00)?", text, re.ASCII)
    wall = f"{int(found[1]) % 24 if found[0] == '24:00' else int(found[1]):02}:{found[2]}" if found else ""
    return f'"{wall}"' if re.fullmatch(_CLOCK, wall) else ""


def _meant_days(text: str) -> str:
    """“mon-fri” for “Monday – Friday”; nothing where it cannot be told, as of “mon,wed”."""
    said = [part.strip().lower().removesuffix("s") for part in re.split("[-–]| to ", text)]
    names = [day[:3] for one in said for day in _WEEKDAYS_AS_SAID if len(one) > 2 and day.startswith(one)]
    return f"“{'-'.join(names)}”" if len(names) == len(said) <= 2 else ""


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise wrong(f'{shown(text)} is not in the calendar; write a date like "2026-12-25"') from None


Clock = Annotated[
    time,
    PlainValidator(_of_text(rf"^{_CLOCK}$", "time of day", '"09:00"', time.fromisoformat, _meant_clock)),
    WithJsonSchema({"type": "string", "pattern": rf"^{_CLOCK}$"}),
]
Hours = Annotated[
    Span,
    PlainValidator(_of_text(_SPAN, "span of hours", '"09:00-18:00"', _span)),
    WithJsonSchema({"type": "string", "pattern": _SPAN, "examples": ["09:00-18:00"]}),
]
"""From a time of day to another; over midnight where the end is not after the start."""

_IS_WALL_TIME = shaped(rf"^{_CLOCK}$", 'a time of day, like "09:00"')
WallTime = Annotated[str, _IS_WALL_TIME]
"""What a clock on the wall shows: “17:00”."""

CLOSED = "closed"


def _no_hours(value: Any) -> Any:
    return [] if value == CLOSED else value


_HOURS_SCHEMA = {"type": "array", "items": {"type": "string", "pattern": _SPAN}}
DayHours = Annotated[
    list[Hours], BeforeValidator(_no_hours), WithJsonSchema({"anyOf": [{"const": CLOSED}, _HOURS_SCHEMA]})
]
"""Spans of hours, or “closed”."""

Day = Annotated[
    date,
    PlainValidator(_of_text(r"^\d{4}-\d{2}-\d{2}$", "date", '"2026-12-25"', _date)),
    WithJsonSchema({"type": "string", "format": "date"}),
]


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise wrong(f'{shown(text)} is not in the calendar; write a date and a time like "2026-12-25 10:30"') from None


Moment = Annotated[
    datetime,
    PlainValidator(_of_text(rf"^\d{{4}}-\d{{2}}-\d{{2}} {_CLOCK}$", "date and time", '"2026-12-25 10:30"', _moment)),
    WithJsonSchema({"type": "string", "pattern": rf"^\d{{4}}-\d{{2}}-\d{{2}} {_CLOCK}$"}),
]
"""On the clock on the wall."""

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKDAYS_AS_SAID = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WEEKDAY = f"(?:{'|'.join(WEEKDAYS)})"
_DAYS = rf"^{_WEEKDAY}(-{_WEEKDAY})?$"


def _days(text: str) -> tuple[int, ...]:
    first, _, last = text.partition("-")
    begin = WEEKDAYS.index(first)
    count = (WEEKDAYS.index(last or first) - begin) % 7 + 1
    return tuple((begin + number) % 7 for number in range(count))


Days = Annotated[
    tuple[int, ...],
    PlainValidator(_of_text(_DAYS, "day or span of days", "“mon” or “mon-fri”", _days, _meant_days)),
    WithJsonSchema({"type": "string", "pattern": _DAYS}),
]
"""Days of the week, 0 is Monday; “fri-mon” goes over the weekend."""

# Files and the network.

_IS_FILE = shaped(
    r"^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}(?:/[A-Za-z0-9_][A-Za-z0-9._-]{0,99}){0,9}$",
    "a file inside the site's folder, such as customers.csv",
)
FileName = Annotated[str, _IS_FILE]
"""Inside the site's folder."""

Host = Annotated[str, shaped(r"^[A-Za-z0-9.:-]{1,253}$", "a host name or an address, such as 127.0.0.1")]
Port = Annotated[int, Field(ge=1, le=65_535)]

_IS_SERVICE = shaped(
    r"^https?://([a-z0-9-]+\.)*[a-z0-9-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~-]+)*$",
    "an address with its host in small letters, and without a slash at the end, such as https://crm.example.com or "
    "http://127.0.0.1:8080/api",
)


def _no_host(name: Any) -> Any:
    if isinstance(name, str) and re.search(r"[.:/]", name):
        host = re.sub(r"^\w+://|[/?#].*", "", name)[:SHOWN_MOST]
        raise wrong(
            f"{shown(name)} is no name; give the service one in site.yaml, such as web_services: "
            f"{{orders: {{url: https://{host}}}}}, and let flows go by that"
        )
    return name


ServiceName = Annotated[Name, BeforeValidator(_no_host)]
"""What a site calls a web service: “orders”. No host, so that flows run at any site."""

ServiceAddress = Annotated[str, Field(max_length=300), _IS_SERVICE]
"""Where a web service is; without user, query and fragment."""

_IS_PHONE = shaped(r"^[A-Za-z0-9]+/[A-Za-z0-9@._+/{}-]+$", "an Asterisk endpoint, such as PJSIP/olena")
PHONE_CHARS_MAX = 60
"""A phone is a part of an extension, which has at most 79 bytes (Asterisk's AST_MAX_EXTENSION is 80)."""
Phone = Annotated[str, Field(max_length=PHONE_CHARS_MAX), _IS_PHONE]
"""An Asterisk endpoint; without commas, ampersands and the like, which Dial would read as something else."""

_IS_WEB_ADDRESS = shaped(
    r"^https://[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*(:[0-9]{1,5})?(/[A-Za-z0-9._~-]+)*$",
    "an address that begins with https:// and ends without a slash, such as https://calls.example.com/twilio",
)
WebAddress = Annotated[str, Field(max_length=200), _IS_WEB_ADDRESS]
"""Where somebody on the internet reaches us, or a file; without user, query and fragment."""

_IS_TWILIO_API = shaped(
    r"^(https://api(\.[a-z0-9-]+){0,2}\.twilio\.com|http://127\.0\.0\.1:[0-9]{1,5})$",
    "Twilio's API in a region, such as https://api.dublin.ie1.twilio.com",
)
TwilioApi = Annotated[str, _IS_TWILIO_API]
"""Where Twilio is told what to do, with the account's token: no other host, but for one on this machine that stands in
for it."""

_IS_E164 = shaped(r"^\+[1-9][0-9]{6,14}$", 'a number with its country, such as "+15550100200"')
E164 = Annotated[str, _IS_E164]

_IS_TWILIO_PHONE = shaped(
    r"^(sip:[A-Za-z0-9._+{}-]{1,100}@[A-Za-z0-9.-]{1,150}|client:[A-Za-z0-9._+{}-]{1,100}|\+[1-9][0-9]{6,14})$",
    'a phone that Twilio can ring, such as sip:olena@example.sip.twilio.com, client:olena or "+380501234567"',
)
TwilioPhone = Annotated[str, _IS_TWILIO_PHONE]
"""A SIP address, a browser's or an app's name, or a number."""
