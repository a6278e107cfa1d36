"""From checked models to what runs: frozen, and free of pydantic."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

from acd.requirement import parse
from acd.setup import (
    AcdSetup,
    AgentSetup,
    CallbackRules,
    ChannelSetup,
    Phones,
    Preference,
    QueueSetup,
    RelaxationStep,
    Spill,
)
from config.aloud import own_fragments, recording, template_of, text_of
from config.build_staffing import build_staffing
from config.build_twilio import build_twilio, twilio_phone
from config.build_workload import build_workload
from config.numbers import number_rules
from config.schema.prompts import MarkedModel, PromptsModel, Said
from config.schema.queues import CallbackModel, QueueModel, SpillModel
from config.schema.site import CalendarModel, SiteModel
from config.schema.staffing import StaffingModel
from config.schema.workload import WorkloadModel
from config.site import AgentText, Ami, Asterisk, FastAgi, Prompt, QueueText, Site, Virtual, WebService
from ivr.aloud import pieces_of, read_ssml
from ivr.flow import Flow
from ivr.hours import Calendar


def build_site(
    folder: Path,
    site: SiteModel,
    flows: Mapping[str, Flow],
    calendars: Mapping[str, Calendar],
    prompts: PromptsModel,
    workload: WorkloadModel | None,
    staffing: StaffingModel | None,
) -> Site:
    """The runtime site. Everything in the models was checked."""
    zone = ZoneInfo(site.time_zone)
    return Site(
        id=folder.resolve().name,
        folder=folder,
        name=site.name,
        time_zone=zone,
        languages=tuple(site.languages),
        acd=AcdSetup(
            queues=tuple(_queue(name, queue, calendars) for name, queue in site.queues.items()),
            agents=tuple(
                AgentSetup(
                    id=name,
                    skills=agent.skills,
                    queues={
                        queue: Preference(rank=preference.rank, after_ms=preference.after)
                        for queue, preference in agent.queues.items()
                    },
                    capacity=agent.capacity,
                    cost_per_hour=round(agent.cost_per_hour * 100),
                    weight=agent.weight,
                )
                for name, agent in site.agents.items()
            ),
            channels=tuple(
                ChannelSetup(id=name, capacity=channel.capacity, interrupted_by=tuple(channel.interrupted_by))
                for name, channel in site.every_channel.items()
            ),
            order=site.order.by,
            points_per_minute=site.order.points_per_minute,
            starvation_ms=site.order.starvation_limit,
            seed=site.random_seed,
            misses_allowed=site.misses_allowed,
        ),
        skills=site.skills,
        queues={
            name: QueueText(id=name, title=queue.title, target=queue.service_level.target, record=queue.record)
            for name, queue in site.queues.items()
        },
        agents={
            name: AgentText(
                id=name,
                name=agent.name,
                phone=_phone(name, agent.phone, site),
                twilio_phone=twilio_phone(name, agent.twilio_phone, site.twilio),
            )
            for name, agent in site.agents.items()
        },
        flows={flow.digest: flow for flow in flows.values()},
        entry=flows[site.entry].digest,
        prompts=_prompts(folder, prompts),
        fragments={language: own_fragments(folder / "prompts" / language, language) for language in site.languages},
        calendars=calendars,
        numbers=number_rules(site.callbacks) if site.callbacks is not None else None,
        pace_kept_ms=site.pace_kept,
        not_ready_reasons=site.not_ready_reasons,
        dispositions=site.dispositions,
        outside_numbers=site.outside_numbers,
        customers=folder / site.customers if site.customers is not None else None,
        web_services={
            name: WebService(
                url=service.url,
                authorization=None if service.authorization is None else folder / service.authorization,
            )
            for name, service in site.web_services.items()
        },
        workload=build_workload(folder, workload, zone) if workload is not None else None,
        staffing=build_staffing(staffing, site) if staffing is not None else None,
        virtual=Virtual(calls_per_hour=site.virtual.calls_per_hour, played=tuple(site.virtual.played)),
        asterisk=_asterisk(folder, site),
        twilio=build_twilio(folder, site),
    )


def build_calendars(site: SiteModel) -> dict[str, Calendar]:
    """The opening hours, by name."""
    return {name: _calendar(name, model, site.time_zone) for name, model in site.calendars.items()}


def _queue(name: str, queue: QueueModel, calendars: Mapping[str, Calendar]) -> QueueSetup:
    level = queue.service_level
    return QueueSetup(
        id=name,
        channel=queue.channel,
        needs=parse(queue.needs),
        priority=queue.priority,
        strategy=queue.strategy,
        steps=tuple(
            RelaxationStep(
                after_ms=step.after,
                needs=parse(step.needs) if step.needs is not None else None,
                add_priority=step.add_priority,
                spill=_spill(step.spill) if step.spill is not None else None,
            )
            for step in queue.relax
        ),
        ring_ms=queue.ring,
        phones=Phones(
            at_once=queue.phones.at_once,
            add_every_ms=queue.phones.add_every,
            most=queue.phones.most,
        ),
        wrap_up_ms=queue.wrap_up,
        threshold_ms=level.threshold,
        short_abandon_ms=level.short_abandon,
        last_agent_ms=queue.last_agent.first_for if queue.last_agent is not None else 0,
        last_agent_within_ms=queue.last_agent.within if queue.last_agent is not None else 0,
        keep_place_ms=queue.keep_place,
        max_waiting=queue.waiting_limit,
        max_wait_ms=queue.wait_limit,
        hours=calendars[queue.calendar] if queue.calendar is not None else None,
        serves_after_closing=queue.at_closing == "serve",
        unstaffed_ms=queue.unstaffed_limit,
        callback=_callback(queue.callback) if queue.callback is not None else None,
    )


def _callback(model: CallbackModel) -> CallbackRules:
    return CallbackRules(
        order=model.order,
        attempts=model.attempts,
        gap_ms=model.gap,
        dial_ms=model.ring,
        max_wait_ms=model.wait_limit,
        most=model.at_most,
        booked_priority=model.booked_priority,
    )


def _spill(spill: SpillModel) -> Spill:
    below = spill.if_service_level_below
    return Spill(
        queue=spill.to,
        nobody_staffed=spill.if_nobody_staffed,
        longest_wait_ms=spill.if_longest_wait,
        service_level_below=round(1_000 * below) if below is not None else None,
    )


def _calendar(name: str, model: CalendarModel, zone: str) -> Calendar:
    week = {day: tuple(spans) for days, spans in model.week.items() for day in days}
    exceptions = {day: tuple(spans) for day, spans in model.exceptions.items()}
    return Calendar(id=name, zone=model.time_zone or zone, week=week, exceptions=exceptions)


def _phone(name: str, phone: str | None, site: SiteModel) -> str:
    if phone is not None:
        return phone
    return site.asterisk.endpoint.replace("{agent}", name) if site.asterisk is not None else ""


def _prompts(folder: Path, prompts: PromptsModel) -> dict[str, dict[str, Prompt]]:
    return {
        name: {language: _prompt(folder / "prompts" / language / name, said) for language, said in texts.items()}
        for name, texts in prompts.root.items()
    }


def _prompt(stem: Path, said: Said) -> Prompt:
    text = text_of(said)
    markup = read_ssml(said.ssml).markup if isinstance(said, MarkedModel) else ()
    template = template_of(text)
    if not template:
        return Prompt(text=text, recording=recording(stem), ssml=markup)
    pieces = {piece: recording(stem / piece) for piece in pieces_of(template)}
    return Prompt(text=text, recording=None, template=template, pieces=pieces, ssml=markup)


def _asterisk(folder: Path, site: SiteModel) -> Asterisk | None:
    if site.asterisk is None:
        return None
    ami, fastagi = site.asterisk.ami, site.asterisk.fastagi
    return Asterisk(
        ami=Ami(host=ami.host, port=ami.port, user=ami.user, secret_file=folder / ami.secret_file),
        fastagi=FastAgi(host=fastagi.host, port=fastagi.port),
        trunk=site.asterisk.trunk or "",
    )
