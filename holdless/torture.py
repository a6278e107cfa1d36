"""``holdless-torture``: what the simulator's torture does to the real engine."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Annotated

import typer

import simulator.torture
from config.loader import load_site
from config.site import Prompt, Site
from holdless.torture_engine import new_life
from holdless.torture_pair import new_pair_life
from simulator.torture.engine import NewLife
from simulator.torture.pair import PairRun
from simulator.torture.plan import Plan, plan_of
from simulator.torture.report import Totals, told
from simulator.torture.run import Run
from simulator.torture.shrink import shrunk
from simulator.torture.verdict import Verdict
from simulator.workers import hired, in_order

_AT_ONCE = 25
"""Seeds that a worker is given at a time."""
_GARBAGE_MOST = 50_000
"""So many new objects make Python look for cycles."""


command = typer.Typer(add_completion=False)


def main() -> None:
    """The console script."""
    command()


@command.command()
def torture(
    seeds: Annotated[int, typer.Option(help="How many seeds to run.", min=1)] = 1_000,
    first: Annotated[int, typer.Option(help="The first of them.", min=0)] = 1,
    seed: Annotated[int | None, typer.Option(help="Run this one alone, and tell its story.", min=0)] = None,
    story: Annotated[bool, typer.Option("--story", help="Tell the whole story, and don't make it smaller.")] = False,
    workers: Annotated[
        int | None, typer.Option(help="Processes that share the work.", min=1, show_default="one a core")
    ] = None,
) -> None:
    """Torments the engine on a virtual clock and network: kills, cut links, full disks, at every step.

    After every event the promises are checked. The same seed gives the same run. Ends with 1 where one was broken.
    """
    if seed is not None:
        verdict = tormented(seed)
        _print(told(verdict if story else _smallest(verdict), whole=story or not verdict.broken))
        raise typer.Exit(bool(verdict.broken))
    began = time.monotonic()
    totals = Totals()
    chunks = [range(at, min(at + _AT_ONCE, first + seeds)) for at in range(first, first + seeds, _AT_ONCE)]
    with hired(min(workers or os.cpu_count() or 1, len(chunks))) as pool:
        for verdicts in in_order(pool, _torment, chunks):
            for verdict in verdicts:
                totals.add(verdict)
    minutes = (time.monotonic() - began) / 60
    _print((f"seeds {first} to {first + seeds - 1}", *totals.lines(), f"{totals.runs / minutes:,.0f} seeds a minute"))
    if totals.broken:
        _print(f"seed {one.plan.seed}: {one.text}" for one in totals.broken)
        _print(("", *told(_smallest(totals.broken[0]), whole=False)))
        typer.echo(f"again: holdless-torture --seed {totals.broken[0].plan.seed}")
        raise typer.Exit(1)


def tormented(seed: int, engine: NewLife | None = None) -> Verdict:
    """What becomes of the run with this seed; *engine*: another than the real one."""
    return _run(plan_of(seed), engine or new_life)


def _run(plan: Plan, engine: NewLife) -> Verdict:
    if plan.is_pair:
        return PairRun(plan, _sites(), engine, new_pair_life).go()
    return Run(plan, _sites(), engine).go()


def _smallest(verdict: Verdict) -> Verdict:
    return shrunk(verdict, partial(_run, engine=new_life)) if verdict.broken else verdict


def _torment(seeds: Iterable[int]) -> list[Verdict]:
    with _little_collecting():
        # A story travels between processes only where somebody will read it.
        found = map(tormented, seeds)
        return [verdict if verdict.broken else verdict.untold() for verdict in found]


@contextmanager
def _little_collecting() -> Iterator[None]:
    """Python looks for cycles so often that it costs a tenth of the time: what was loaded is no garbage, and what a run
    leaves behind is some megabytes."""
    usual = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(_GARBAGE_MOST)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        typer.echo(line)


@cache
def _sites() -> tuple[Site, Site]:
    """The site of the torture, and the same by other rules. Its exchange needs no recordings and no folder."""
    folder = Path(simulator.torture.__file__).parent
    site, other = _site(folder / "site"), _site(folder / "other_site")
    return site, replace(other, folder=site.folder, asterisk=site.asterisk)


def _site(folder: Path) -> Site:
    site = load_site(folder)
    prompts = {
        name: {language: _recorded(prompt) for language, prompt in by_language.items()}
        for name, by_language in site.prompts.items()
    }
    return replace(site, prompts=prompts)


def _recorded(prompt: Prompt) -> Prompt:
    return replace(prompt, recording=Path("/recorded.wav"))
