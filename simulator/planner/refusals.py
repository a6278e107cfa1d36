"""What the planner does not run, in words: which feature, where it is written, and what to do instead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import assert_never

from acd.setup import VOICE
from config.errors import Finding
from config.places import Places
from config.site import Site
from config.yaml_tree import Path as TreePath
from simulator.planner.model import PlannerError

_THE_TWIN = ", or take `holdless simulate` with --days, which runs it"
LEAVE_OUT = "leave it out for the plan"


class File(Enum):
    """Where a feature is written."""

    SITE = auto()
    WORKLOAD = auto()
    FLOW = auto()


@dataclass(frozen=True, slots=True)
class Refusal:
    """One feature that the planner does not run."""

    file: File
    path: TreePath
    """In the file; in a flow: the node as it runs (“order/pin”), then the setting in it."""
    message: str


def not_run(what: str, feature: str, instead: str = LEAVE_OUT) -> str:
    """The words for a feature of ``what`` that the twin runs."""
    return f"{what}: the planner does not run {feature}; {instead}{_THE_TWIN}"


def refuse(found: Sequence[Refusal], site: Site | None = None) -> None:
    """Raises :class:`PlannerError` if there is anything in ``found``: all of it, one a line, with its places where the
    ``site`` that it was found in is known."""
    if not found:
        return
    if site is None:
        raise PlannerError("\n".join(dict.fromkeys(refusal.message for refusal in found)))
    if any(queue.channel != VOICE for queue in site.acd.queues):  # such a site the twin does not run either
        found = [replace(refusal, message=refusal.message.removesuffix(_THE_TWIN)) for refusal in found]
    places = Places(site)
    raise PlannerError("\n".join(str(one) for one in sorted({_placed(places, refusal) for refusal in found})))


def _placed(places: Places, refusal: Refusal) -> Finding:
    match refusal.file:
        case File.SITE:
            return places.of_site(refusal.path, refusal.message)
        case File.WORKLOAD:
            return places.of_workload(refusal.path, refusal.message)
        case File.FLOW:
            node, *inside = refusal.path
            return places.of_node(str(node), tuple(inside), refusal.message)
        case _:
            assert_never(refusal.file)
