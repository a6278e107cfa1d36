"""What every import ends with: an end for edges that lead nowhere, no node that nothing leads to, no endless circle."""

from __future__ import annotations

from config.imports.draft import END, STOP, Draft, DraftNode, targets
from config.imports.names import unused
from config.imports.source import Json

ROUNDS_MOST = 20
"""How often a call may go round without being asked; elsewhere a whole call has a number of steps."""

_ASKING = frozenset(("menu", "collect", "voicemail", "hangup", "return", "goto"))
"""Nodes at which a circle may close: the caller is asked there, or the call is over, or counted."""


def finish(draft: Draft) -> None:
    """Makes the draft a flow that leads somewhere from everywhere."""
    _stops(draft)
    _reached(draft)
    _open_circles(draft)
    _end(draft)
    _forget(draft)
    spoken = {prompt for node in draft.nodes.values() for prompt in prompts_of(node)}
    draft.prompts = {name: prompt for name, prompt in draft.prompts.items() if name in spoken}


def _stops(draft: Draft) -> None:
    """Gives the edges at which a call cannot go on one node."""
    edges = [edge for node in draft.nodes.values() for edge in targets(node.data) if edge[0][edge[1]] == STOP]
    if edges:
        stop = unused("not-possible", draft.nodes)
        draft.nodes[stop] = DraftNode(draft.stopped())
        for part, key in edges:
            part[key] = stop


def _forget(draft: Draft) -> None:
    """Forgets what only nodes named that no call comes to."""
    nodes = [node.data for node in draft.nodes.values()]
    named = {part: {node[part] for node in nodes if part in node} for part in ("queue", "calendar", "service")}
    dialled = {node["number"] for node in nodes if node["do"] == "transfer"}
    draft.queues = {name: what for name, what in draft.queues.items() if name in named["queue"]}
    draft.calendars = {name: what for name, what in draft.calendars.items() if name in named["calendar"]}
    draft.hours = {name: what for name, what in draft.hours.items() if name in named["calendar"]}
    draft.numbers = {name: number for name, number in draft.numbers.items() if name in dialled}
    draft.services = {name: address for name, address in draft.services.items() if name in named["service"]}


def prompts_of(node: DraftNode) -> tuple[str, ...]:
    """The prompts that a node speaks."""
    attempts = node.data.get("attempts", {})
    named = (node.data.get("prompt"), attempts.get("no_input"), attempts.get("no_match"))
    return tuple(name for name in named if name is not None)


def _reached(draft: Draft) -> None:
    """Keeps what a call can come to, in the order in which it can."""
    reached = {draft.start: None} if draft.start in draft.nodes else {}
    ahead = list(reached)
    for name in ahead:  # it grows meanwhile
        for part, key in targets(draft.nodes[name].data):
            if part[key] not in draft.nodes:
                part[key] = END
            elif part[key] not in reached:
                reached[part[key]] = None
                ahead.append(part[key])
    draft.nodes = {name: draft.nodes[name] for name in reached}


def _open_circles(draft: Draft) -> None:
    """Lets a goto count wherever a call could go round without ever being asked."""
    done: set[str] = set()
    for start in list(draft.nodes):
        way: set[str] = set()
        ahead: list[tuple[str, bool]] = [(start, False)]
        while ahead:
            name, is_left = ahead.pop()
            if is_left:
                way.remove(name)
                done.add(name)
            elif name not in done and name not in way and draft.nodes[name].data["do"] not in _ASKING:
                way.add(name)
                ahead.append((name, True))
                for part, key in list(targets(draft.nodes[name].data)):
                    if part[key] in way:
                        part[key] = _counted(draft, name, part[key])
                    elif part[key] in draft.nodes:
                        ahead.append((part[key], False))


def _counted(draft: Draft, name: str, back: str) -> str:
    """A goto on the way from ``name`` back to a node before it."""
    again = unused(f"{back[:50]}-again", draft.nodes)
    node = draft.nodes[name]
    at = node.at or Json(None, 1, 1)
    draft.put(again, {"do": "goto", "next": back, "most": ROUNDS_MOST, "otherwise": END}, at)
    draft.lost(
        at, again, f"from “{name}” the call goes back to “{back}” without being asked; it may do so {ROUNDS_MOST} times"
    )
    return again


def _end(draft: Draft) -> None:
    """Leads every edge without a target to a node at which the call ends, or the part returns."""
    open_edges = [(part, key) for node in draft.nodes.values() for part, key in targets(node.data) if part[key] == END]
    if not open_edges and draft.start in draft.nodes:
        return
    end = unused("end", draft.nodes)
    draft.nodes[end] = DraftNode({"do": "return" if draft.is_part else "hangup"})
    for part, key in open_edges:
        part[key] = end
    if draft.start not in draft.nodes:
        draft.start = end
