"""The site's customer records: whether there is a table, and whether flows ask it for what it has."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from config.customers import NUMBER, headings_of
from config.documents import Document, decoded, unreadable
from config.errors import Finding, unknown
from config.schema.flows import FlowModel
from config.schema.logic import LookupModel
from config.yaml_tree import Path as TreePath


def check_customers(path: Path, findings: list[Finding]) -> tuple[str, ...]:
    """What the columns of the table are called; finds what is wrong with it as a whole: its encoding, its columns."""
    file = str(path)
    columns: list[str] = []
    try:
        with path.open("rb") as stream:
            for number, line in enumerate(stream, 1):
                text = decoded(line, file, number, findings)
                if text is None:
                    return ()
                if number == 1:
                    columns = headings_of(text)
    except OSError as error:
        findings.append(unreadable(file, error))
        return ()
    except csv.Error as error:
        findings.append(Finding(file, 1, 1, f"the first line is no line of CSV ({error}); name the columns there"))
        return ()
    twice = sorted(column for column in set(columns) if columns.count(column) > 1)
    if NUMBER not in columns:
        findings.append(Finding(file, 1, 1, f"no column is called “{NUMBER}”; name the columns in the first line"))
    elif twice:
        findings.append(Finding(file, 1, 1, f"two columns are called “{twice[0]}”; give each a name of its own"))
    return tuple(columns)


def check_lookups(document: Document, flow: FlowModel, columns: Sequence[str] | None) -> None:
    """Finds look-ups that never get what they want. ``columns``: of the table; None: the site has none."""
    for name, node in flow.nodes.items():
        if not isinstance(node, LookupModel):
            continue
        at: TreePath = ("nodes", name)
        if columns is None:
            message = "every caller is unknown here: the site has no customer records; add customers: … to site.yaml"
            document.fault(at, message, at_key=True)
            continue
        others = [column for column in columns if column != NUMBER]
        wanted = [((*at, "take", variable), column) for variable, column in node.take.items()]
        wanted += [((*at, "pace"), node.pace)] if node.pace is not None else []
        for path, column in wanted:
            if column == NUMBER:
                document.fault(path, f"“{NUMBER}” finds the customer and is not told; what was asked for is the number")
            elif column not in others:
                document.fault(path, unknown("column of the customer records", column, others))
