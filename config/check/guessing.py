"""Secrets that a caller can try out: sensitive entries that are sent to a web service, with no limit on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from config.documents import Document
from config.yaml_tree import Path as TreePath
from ivr.flow import Collect, Flow, outcomes
from ivr.logic import Fetch, Limit


def check_guessing(flow: Flow, place_of: Callable[[str], tuple[Document, TreePath]]) -> None:
    """Finds sensitive entries that every call may try anew: on a way from the start of the flow over the question to
    the data dip that carries the entry stands no ``limit``. ``place_of`` a node: the file that it stands in, and where.

    Attempts within one call close nothing: who is let go calls again. Only a data dip learns of a secret at all, no
    expression reads one.
    """
    unlimited = _reached(flow, [flow.start])
    for name, node in flow.nodes.items():
        if name not in unlimited or not isinstance(node, Collect) or not node.keys.sensitive:
            continue
        sent = [
            one
            for one in _reached(flow, [node.next])
            if isinstance(dip := flow.nodes[one], Fetch) and node.variable in dip.secrets.values()
        ]
        if sent:
            document, path = place_of(name)
            document.fault(
                path,
                f"“{node.into}” can be guessed: whoever calls again may try once more, and “{sent[0]}” says whether it "
                "was right; put a limit before the question (docs/menus.md, Secrets)",
                at_key=True,
            )


def _reached(flow: Flow, begin: Iterable[str]) -> list[str]:
    """The nodes that a call can come to from these without being let through by a limit, the nearest first."""
    found = list(begin)
    reached = set(found)
    for name in found:  # it grows meanwhile
        node = flow.nodes[name]
        ways = [node.limited] if isinstance(node, Limit) else [to for _, to in outcomes(node)]
        more = [to for to in dict.fromkeys(ways) if to not in reached]
        reached.update(more)
        found += more
    return found
