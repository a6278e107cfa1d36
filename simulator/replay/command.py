"""``holdless replay``, but for reading the command line and the journal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date as Date  # noqa: N812 - a field of that name stands beside it
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from config.site import Site, text_in
from simulator.playable import SimulationError, require_voice
from simulator.replay.calls_csv import read_day
from simulator.replay.compare import replay
from simulator.replay.day import RecordedDay
from simulator.replay.report import COLUMNS, as_html, as_json, day_of, print_replay, rows
from simulator.report_file import check_report, write_page_or_picture
from simulator.tidy import as_csv
from simulator.twin import span_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayOptions:
    """What is asked for, besides the sites and the day."""

    seed: int = 1
    repeats: int = 5
    json: bool = False
    csv: bool = False
    report: Path | None = None
    """Where to write a page or a picture."""


def day_from_tables(site: Site, date: Date, calls: Path, agents: Path | None) -> RecordedDay:
    """The recorded day in two tables. :class:`~config.errors.SiteError` says what is wrong with them."""
    start, end = span_of(site, date)
    return read_day(site, start, end, calls, agents)


def print_replayed(site: Site, rules: Site | None, day: RecordedDay, options: ReplayOptions, console: Console) -> None:
    """Replays ``day`` and prints what came of it. ``rules``: the proposed site, None for today's alone.

    Raises :class:`~simulator.playable.SimulationError` where there is nothing to replay, and
    :class:`~simulator.report_file.ReportError`.
    """
    if options.report is not None:
        check_report(options.report)
    if not any(call.at >= day.start for call in day.calls):
        raise SimulationError(f"{day.source} has no call of that day; name another day")
    proposed = site if rules is None else rules
    for one in (site, proposed):
        require_voice(one)
    lost = sorted({call.queue for call in day.calls if call.queue} - set(proposed.queues))
    if lost and not day.walks_the_menu:
        raise SimulationError(
            f"{proposed.folder} has no queue {', '.join(lost)}, where callers of that day waited; keep the queues' "
            "names, or give these callers another queue in the table"
        )
    with Progress(console=Console(stderr=True), transient=True, disable=options.json or options.csv) as progress:
        task = progress.add_task("replaying", total=None)
        result = replay(
            site,
            proposed,
            day,
            seed=options.seed,
            repeats=options.repeats,
            progress=lambda done, whole: progress.update(task, completed=done, total=whole),
        )
    if options.report is not None:
        from simulator.replay.plots import replay_charts  # noqa: PLC0415 - it takes half a second

        write_page_or_picture(
            options.report,
            f"{text_in(site.name, 'en')}: replay of {day_of(site, result)}",
            replay_charts(site, result),
            partial(as_html, site, result),
        )
    if options.json:
        # Not through rich's layout: JSON must come out as it is, whatever the width of the terminal.
        console.file.write(as_json(result) + "\n")
    elif options.csv:
        console.file.write(as_csv(COLUMNS, rows(result)))
        if result.stopped:
            Console(stderr=True).print(f"Stopped by hand after {result.repeats} repetitions.", highlight=False)
    else:
        print_replay(console, site, result)
