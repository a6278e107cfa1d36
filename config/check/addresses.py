"""The path of a data dip as it is written: whether it can be part of an address, and stays below that of the service.

What an address cannot hold as it stands (“ж”, a quotation mark) is percent-encoded when the flow is built
(:mod:`config.build_nodes`); here is found what nobody can have meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

from config.flow_variables import IN_PATH

_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


def _dots_in(segment: str) -> list[str]:
    return sorted({"..", "."}.intersection(re.split(r"[/\\]", unquote(segment))))


def resolved(path: str) -> str:
    """The path as a web client would have asked it: “..” and “.” worked out (RFC 3986, section 5.2.4), a stray percent
    sign encoded; dots behind an encoded slash are left out. :func:`path_faults` finds nothing in it but braces."""
    kept: list[str] = []
    for segment in path.split("/"):
        if unquote(segment) == "..":
            del kept[max(1, len(kept) - 1) :]
        elif not _dots_in(segment):
            kept.append(segment)
    return _STRAY_PERCENT.sub("%25", "/".join(kept))


def path_faults(path: str) -> Iterator[tuple[int, str]]:
    """What is wrong with the path of a data dip, each with the character that it begins at."""
    begin = 0
    for segment in path.split("/"):
        for dots in _dots_in(segment):
            yield begin, f"“{dots}” leads out of the service's address, or nowhere; write the path without"
        begin += len(segment) + 1
    # A variable's name may be anything here: that it is none is found elsewhere.
    literal = IN_PATH.sub(lambda found: " " * len(found[0]), path)
    for brace in re.finditer(r"[{}]", literal):
        other = "its “}” is missing" if brace[0] == "{" else "its “{” is missing"
        yield brace.start(), f"{other}: variables stand in braces, {{order}}; write %7B and %7D for braces themselves"
    for percent in _STRAY_PERCENT.finditer(literal):
        yield percent.start(), "a percent sign begins an encoded character, such as %20; write %25 for the sign itself"
