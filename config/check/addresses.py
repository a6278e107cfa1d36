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


def path_faults(path: str) -> Iterator[tuple[int, str]]:
    """What is wrong with the path of a data dip, each with the character that it begins at."""
    begin = 0
    for segment in path.split("/"):
        parts = re.split(r"[/\\]", unquote(segment))
        for dots in ("..", "."):
            if dots in parts:
                yield begin, f"“{dots}” leads out of the service's address, or nowhere; write the path without"
        begin += len(segment) + 1
    # A variable's name may be anything here: that it is none is found elsewhere.
    literal = IN_PATH.sub(lambda found: " " * len(found[0]), path)
    for brace in re.finditer(r"[{}]", literal):
        other = "its “}” is missing" if brace[0] == "{" else "its “{” is missing"
        yield brace.start(), f"{other}: variables stand in braces, {{order}}; write %7B and %7D for braces themselves"
    for percent in _STRAY_PERCENT.finditer(literal):
        yield percent.start(), "a percent sign begins an encoded character, such as %20; write %25 for the sign itself"
