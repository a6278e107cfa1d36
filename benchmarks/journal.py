"""What keeping the journal costs: the time of one ``append``, bytes an event and a call, and how fast it is read back.

Run as ``python -m benchmarks.journal``. The events are those of a simulated day of the example bank, with all they
lead to. Each is appended as the live service does it (encoded, one write, the disk synced in the background); only
``append`` is on the clock. Give ``--folder`` to measure the disk that the journal will live on.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter_ns

from centre.effects import Effect
from centre.events import CallArrived, Event
from centre.machine import Centre
from config.loader import load_site
from cti.journal import Journal, read
from simulator.twin import Twin

BANK = Path(__file__).parents[1] / "config" / "examples" / "bank"
MORNING = int(datetime(2026, 11, 23, 7, tzinfo=UTC).timestamp() * 1000)

Taken = tuple[int, Event, list[Effect]]


class Remembering(Centre):
    """A centre that keeps what it was told and what it decided."""

    taken: list[Taken]

    def apply(self, event: Event, at: int) -> list[Effect]:
        """As ever, and remembered."""
        effects = super().apply(event, at)
        self.taken.append((at, event, effects))
        return effects


def a_day(hours: int) -> list[Taken]:
    """The events of some hours of the example bank."""
    site = load_site(BANK)
    assert site.workload is not None
    twin = Twin(site, site.workload, seed=1, start=MORNING, end=MORNING + hours * 3_600_000)
    centre = Remembering(site.centre)
    centre.taken = []
    twin.centre = centre
    twin.run()
    return centre.taken


def appended(folder: Path, taken: list[Taken]) -> list[int]:
    """Nanoseconds of each append."""
    times: list[int] = []
    journal = Journal.open(folder, site="bank")
    gc.collect()
    gc.disable()
    for at, event, effects in taken:
        begin = perf_counter_ns()
        journal.append(at, event, effects)
        times.append(perf_counter_ns() - begin)
    gc.enable()
    journal.close()
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hours", type=int, default=8, help="hours of the simulated day (default 8)")
    parser.add_argument("--runs", type=int, default=5, help="runs (default 5)")
    parser.add_argument("--folder", type=Path, default=None, help="where to write (default: the temporary folder)")
    options = parser.parse_args()
    taken = a_day(options.hours)
    calls = sum(isinstance(event, CallArrived) for _, event, _ in taken)
    p50, p99, worst, reading = [], [], [], []
    size = 0
    for _ in range(options.runs):
        with tempfile.TemporaryDirectory(dir=options.folder) as name:
            folder = Path(name)
            times = sorted(appended(folder, taken))
            size = sum(path.stat().st_size for path in folder.glob("*.jsonl"))
            begin = perf_counter_ns()
            assert sum(1 for _ in read(folder)) == len(taken)
            reading.append((perf_counter_ns() - begin) / len(taken) / 1_000)
        p50.append(times[len(times) // 2] / 1_000)
        p99.append(times[len(times) * 99 // 100] / 1_000)
        worst.append(times[-1] / 1_000)
    print(f"{len(taken)} events of {calls} calls; median (lowest–highest) of {options.runs} runs")
    print(f"append    p50 {_spread(p50)} µs, p99 {_spread(p99)} µs, worst {_spread(worst)} µs")
    print(f"size      {size / len(taken):,.0f} bytes an event, {size / calls:,.0f} bytes a call")
    print(f"read back {_spread(reading)} µs an event")


def _spread(values: list[float]) -> str:
    return f"{statistics.median(values):,.1f} ({min(values):,.1f}–{max(values):,.1f})"


if __name__ == "__main__":
    main()
