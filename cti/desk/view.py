"""What an agent sees: a pure function of the centre."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import phonenumbers

from acd.effects import AgentState, OfferEnd
from acd.requirement import is_met
from acd.state import AgentView
from centre.calls import Call, CallRecord, Phase
from config.site import Site
from cti.web.day import midnight
from cti.web.languages import Language
from cti.web.reasons import reason_title
from cti.web.service import Contact, Service

CUSTOMER_FIELDS_WITH_A_PLACE = ("number", "name", "tier", "language", "note")
"""Columns of the customer records that the card shows in places of their own."""

_REFUSED = frozenset(OfferEnd) - {OfferEnd.WITHDRAWN, OfferEnd.NOT_REACHED, OfferEnd.LOST}


def queues_served(site: Site, agent: str) -> Sequence[str]:
    """The queues whose plain calls ``agent`` may take, in the site's order; none for one who is no longer of the
    site."""
    skills = [setup.skills for setup in site.acd.agents if setup.id == agent]
    return [setup.id for setup in site.acd.queues if any(is_met(setup.needs, levels) for levels in skills)]


def desk_view(
    service: Service,
    agent: str,
    language: Language,
    *,
    queues: Sequence[str],
    history: Sequence[Contact] | None,
    now: int,
) -> Mapping[str, Any]:
    """The whole state of the desk of ``agent``, ready for JSON, in ``language``.

    ``queues``: those to be shown between calls. ``history``: the last contacts of the caller at hand, None while they
    are being looked up.
    """
    site, centre = service.site, service.centre
    view = centre.acd.agent(agent)
    call = centre.call(view.call) if view.call is not None else None
    return {
        "type": "desk",
        "agent": _agent(site, language, view),
        "call": None if call is None else _call(service, language, view, call),
        "history": None if history is None else [_contact(site, language, contact) for contact in history],
        "queues": [_queue(service, language, queue) for queue in queues],
        "day": _day(service, agent, call, now),
        "reasons": _titles(site.not_ready_reasons, language),
        "dispositions": _titles(site.dispositions, language),
    }


def number_for_people(number: str) -> str:
    """A phone number as people write it: spaced by the rules of its country where those are known."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    if not phonenumbers.is_possible_number(parsed):
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def _agent(site: Site, language: Language, view: AgentView) -> Mapping[str, Any]:
    return {
        "id": view.id,
        "name": site.agents[view.id].name if view.id in site.agents else view.id,
        "state": view.state,
        "reason": view.reason,
        "reason_title": reason_title(site, language, view.reason),
        "since": view.since,
        "until": view.until,
        "next": None
        if view.next_state is None
        else {
            "state": view.next_state,
            "reason": view.next_reason,
            "reason_title": reason_title(site, language, view.next_reason),
        },
    }


def _call(service: Service, language: Language, view: AgentView, call: Call) -> Mapping[str, Any]:
    site, record = service.site, call.record
    line = service.lines.get(record.line)
    ringing = [offer for offer in record.offers if offer.agent == view.id]
    return {
        "id": record.call,
        # What the caller is asked after the conversation is no business of the agent's.
        "phase": Phase.WRAP_UP if call.phase is Phase.AFTER else call.phase,
        "number": record.number,
        "number_for_people": number_for_people(record.number),
        "name": record.customer.get("name") or record.name,
        "is_known": bool(record.customer),
        "customer": _customer(record),
        "path": [language.pick(step.label) or step.key for step in record.path],
        "entries": [
            {"label": language.pick(entry.label) or entry.name, "value": entry.value} for entry in record.entries
        ],
        "queue": record.queue,
        "queue_title": _queue_title(site, language, record.queue),
        "language": record.language,
        "language_name": language.name_of(record.language),
        "arrived_at": record.arrived_at,
        "queued_at": record.queued_at,
        "offered_at": ringing[-1].offered_at if ringing else None,
        "ring_until": view.until if view.state is AgentState.OFFERED else None,
        "answered_at": record.answered_at,
        "ended_at": record.parted_at,
        "ended_by": record.ended_by,
        "held_since": call.held_since,
        "offers_before": sum(offer.how in _REFUSED for offer in record.offers),
        "callback": _callback(call),
        "is_recorded": bool(record.recording),
        "disposition": record.disposition,
        "note": record.note,
        "can": {
            "pick_up": line is not None and line.capabilities.picks_up,
            "hold": line is not None and line.capabilities.holds,
        },
    }


def _callback(call: Call) -> Mapping[str, Any] | None:
    """What the card says of a call by which the customer is called back; None for any other."""
    record = call.record
    if not record.asked_by:
        return None
    return {
        "is_there": call.caller_there,
        "attempt": len(record.attempts)
        if call.phase is Phase.DIALLING or call.caller_there
        else len(record.attempts) + 1,
        "booked_at": record.booked_at,
    }


def _customer(record: CallRecord) -> Mapping[str, Any]:
    known = record.customer
    more = [
        {"label": name, "value": value}
        for name, value in known.items()
        if value and name not in CUSTOMER_FIELDS_WITH_A_PLACE
    ]
    return {
        "tier": known.get("tier", ""),
        "note": known.get("note", ""),
        "language": known.get("language", ""),
        "more": more,
    }


def _contact(site: Site, language: Language, contact: Contact) -> Mapping[str, Any]:
    agent = site.agents.get(contact.agent or "")
    disposition = site.dispositions.get(contact.disposition)
    return {
        "at": contact.at,
        "queue_title": _queue_title(site, language, contact.queue),
        "agent_name": agent.name if agent is not None else contact.agent or "",
        "outcome": contact.outcome,
        "disposition_title": language.pick(disposition) if disposition is not None else contact.disposition,
        "note": contact.note,
    }


def _queue(service: Service, language: Language, queue: str) -> Mapping[str, Any]:
    view = service.centre.acd.queue(queue)
    return {
        "id": queue,
        "title": _queue_title(service.site, language, queue),
        "waiting": view.waiting + view.offered,
        "longest_since": view.longest_waiting_since,
    }


def _day(service: Service, agent: str, call: Call | None, now: int) -> Mapping[str, Any]:
    metrics, today = service.centre.metrics, midnight(now, service.site.time_zone)
    in_hand_ms = 0
    if call is not None and call.record.answered_at is not None:
        # The counters hold the call in hand as well, which belongs to no average before it is over.
        metrics.book_until(now)
        in_hand_ms = now - max(call.record.answered_at, today)
    counters = metrics.agent(agent, today)
    busy_ms = counters.talk_ms + counters.hold_ms + counters.wrap_up_ms - in_hand_ms
    return {
        "handled": counters.handled,
        "missed": counters.missed,
        "aht_ms": busy_ms / counters.handled if counters.handled else None,
    }


def _queue_title(site: Site, language: Language, queue: str | None) -> str:
    if queue is None:
        return ""
    return language.pick(site.queues[queue].title) if queue in site.queues else queue


def _titles(codes: Mapping[str, Mapping[str, str]], language: Language) -> list[Mapping[str, str]]:
    return [{"code": code, "title": language.pick(texts)} for code, texts in codes.items()]
