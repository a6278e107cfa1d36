"""From the checked model of workload.yaml to a :class:`config.workload.Workload`."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

from config.laws import Deterministic, Empirical, Erlang, Exponential, Law, Lognormal
from config.measured import read_durations, read_trace
from config.schema.laws import (
    DeterministicModel,
    EmpiricalModel,
    ErlangModel,
    ExponentialModel,
    LawModel,
    LognormalModel,
)
from config.schema.workload import NOTHING, CalledBackModel, CallersModel, Profile, RetryModel, WorkloadModel
from config.workload import (
    Absence,
    Busyness,
    CalledBack,
    Callers,
    HandlingByLevel,
    Retry,
    Shift,
    SimulatedAnswer,
    Transfer,
    Workload,
)
from config.workload import Profile as Rates
from ivr.hours import Span


def kind_name(model: CallersModel, number: int) -> str:
    """The name of the kind with this ``number``, counted from 0."""
    return model.name or f"callers-{number + 1}"


def build_workload(folder: Path, model: WorkloadModel, zone: ZoneInfo) -> Workload:
    """The workload of the site in ``folder``. Everything in the model was checked, the files that it names too."""
    by_day = {day: factor for days, factor in model.weekdays.items() for day in days}
    return Workload(
        zone=zone,
        rates=_rates(model.calls_per_hour),
        callers=tuple(_callers(folder, kind, number) for number, kind in enumerate(model.callers)),
        patience=_law(folder, model.patience),
        key_delay=_law(folder, model.key_delay),
        talk={queue: _law(folder, law) for queue, law in model.talk.items()},
        wrap_up=_law(folder, model.wrap_up),
        answer_delay=_law(folder, model.answer_delay),
        unanswered=model.unanswered,
        staff=tuple(
            Shift(
                agents=tuple(shift.agents),
                hours=Span(shift.start, shift.end),
                breaks=tuple(shift.breaks),
                days=frozenset(range(7) if shift.days is None else shift.days),
            )
            for shift in model.staff
        ),
        weekdays=tuple(by_day.get(day, 1.0) for day in range(7)),
        busyness=Busyness(
            day_sd=model.busyness.day, correlation=model.busyness.correlation, interval_sd=model.busyness.interval
        ),
        trace=None if model.trace is None else read_trace(folder / model.trace, [])[0],
        lines=model.lines,
        retry=_retry(folder, model.retry),
        callbacks=_called_back(folder, model.callbacks),
        transfers=tuple(Transfer(queue=one.queue, to=one.to, share=one.share) for one in model.transfers),
        data={
            node: SimulatedAnswer(after_ms=answer.after, failed=answer.failed, values=answer.values)
            for node, answer in model.data.items()
        },
        absence=Absence(no_show=model.absence.no_show, shrinkage=model.absence.shrinkage, away_ms=model.absence.away),
        handling_by_level={
            queue: HandlingByLevel(
                skill=by_level.skill, steps=tuple((step.level, step.factor) for step in by_level.steps)
            )
            for queue, by_level in model.handling_by_level.items()
        },
    )


def _callers(folder: Path, kind: CallersModel, number: int) -> Callers:
    return Callers(
        name=kind_name(kind, number),
        share=kind.share or 0.0,
        rates=_rates(kind.calls_per_hour),
        wants=None if kind.wants == NOTHING else kind.wants,
        keys=kind.keys,
        patience=_own(folder, kind.patience),
        talk=_own(folder, kind.talk),
        wrap_up=_own(folder, kind.wrap_up),
    )


def _rates(profile: Profile | None) -> Rates:
    return tuple((profile or {}).items())


def _retry(folder: Path, model: RetryModel | None) -> Retry | None:
    if model is None:
        return None
    return Retry(
        after_abandon=model.after_abandon,
        after_busy=model.after_busy,
        delay=_law(folder, model.delay),
        most=model.most,
    )


def _called_back(folder: Path, model: CalledBackModel | None) -> CalledBack:
    if model is None:
        return CalledBack()
    return CalledBack(accepted=model.accepted, answered=model.answered, answer_delay=_own(folder, model.answer_delay))


def _own(folder: Path, model: LawModel | None) -> Law | None:
    return None if model is None else _law(folder, model)


def _law(folder: Path, model: LawModel) -> Law:
    match model:
        case ExponentialModel():
            return Exponential(mean_ms=model.mean)
        case LognormalModel():
            return Lognormal(mean_ms=model.mean, sd_ms=model.sd)
        case DeterministicModel():
            return Deterministic(mean_ms=model.mean)
        case ErlangModel():
            return Erlang(mean_ms=model.mean, shape=model.shape)
        case EmpiricalModel():
            if model.file is not None:
                return Empirical(values_ms=read_durations(folder / model.file, []))
            return Empirical(values_ms=tuple(model.values or ()))
