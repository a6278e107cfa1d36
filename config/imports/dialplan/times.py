"""GotoIfTime as opening hours: ``09:00-17:59,mon-fri,*,*``.

Asterisk's end is the last minute that still counts, and a span over midnight is about the clock and the weekday apart
(https://docs.asterisk.org/Asterisk_20_Documentation/API_Documentation/Dialplan_Applications/GotoIfTime/).
"""

from __future__ import annotations

import re

from config.imports.draft import Data
from config.schema.values import WEEKDAYS

_SPAN = re.compile(r"(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})")


def week_of(times: str, days: str) -> Data | None:
    """The week of a calendar that is open then; None where the times or days cannot be read."""
    spans: list[str] = []
    for one in times.split("&"):
        found = spans_of(one.strip())
        if found is None:
            return None
        spans += [span for span in found if span not in spans]
    wanted: list[str] = []
    for one in days.lower().split("&"):
        first, _, last = one.strip().partition("-")
        if first == "*":
            wanted = list(WEEKDAYS)
            continue
        if first[:3] not in WEEKDAYS or (last and last[:3] not in WEEKDAYS):
            return None
        begin, end = WEEKDAYS.index(first[:3]), WEEKDAYS.index((last or first)[:3])
        wanted += [WEEKDAYS[(begin + step) % 7] for step in range((end - begin) % 7 + 1)]
    return {"week": dict.fromkeys(_together(wanted), sorted(spans))}


def _together(days: list[str]) -> list[str]:
    """The days of a week as spans: “mon-fri”."""
    spans: list[list[str]] = []
    for day in WEEKDAYS:
        if day not in days:
            continue
        if spans and WEEKDAYS.index(spans[-1][-1]) == WEEKDAYS.index(day) - 1:
            spans[-1].append(day)
        else:
            spans.append([day])
    return [span[0] if len(span) == 1 else f"{span[0]}-{span[-1]}" for span in spans]


def spans_of(times: str) -> list[str] | None:
    """The spans of a day, as a calendar has them."""
    if times == "*":
        return ["00:00-24:00"]
    found = _SPAN.fullmatch(times)
    if found is None:
        return None
    begin, end = int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4]) + 1
    if begin >= 24 * 60 or end > 24 * 60:
        return None
    if begin < end:
        return [f"{_clock(begin)}-{_clock(end)}"]
    return [f"00:00-{_clock(end)}", f"{_clock(begin)}-24:00"]


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
