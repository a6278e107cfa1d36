"""What if: combinations of calls, handling times and agents, on the same callers, whoever works them out."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import date

import pytest

from config import load_site
from simulator.planner.model import PlannerError
from simulator.planner.sweep import Point, PointFigures, Sweep, model_at, points, run_sweep, with_more
from simulator.playable import SimulationError
from simulator.service_level import Definition
from simulator.sums import Key
from simulator.workers import Workers, hired
from tests.unit.config.sites import BANK

SWEEP = Sweep(
    site=load_site(BANK),
    date=date(2026, 11, 23),
    points=points([0.9, 1.2], [1.0], [-1, 0, 2]),
    like="olena",
    replications=4,
)


@pytest.fixture(scope="module")
def found() -> list[PointFigures]:
    return run_sweep(SWEEP)


def level(figures: PointFigures, queue: str = "") -> float:
    key = Key("queue", queue) if queue else Key("all", "")
    mean = figures.measures[key][Definition.ABANDONS_NEGATIVE.measure].mean
    assert mean is not None
    return mean


def test_every_combination_is_tried_and_agents_change_fastest(found: list[PointFigures]) -> None:
    tried = [(one.point.calls, one.point.more) for one in found]
    assert tried == [(0.9, -1), (0.9, 0), (0.9, 2), (1.2, -1), (1.2, 0), (1.2, 2)]


def test_more_agents_and_fewer_calls_serve_better(found: list[PointFigures]) -> None:
    for few, some, many in (found[:3], found[3:]):
        assert level(few, "cards") < level(some, "cards") < level(many, "cards")
    assert all(level(calm) > level(busy) for calm, busy in zip(found[:3], found[3:], strict=True))


def test_a_warm_up_is_that_of_a_plan() -> None:
    model = model_at(replace(SWEEP, warm_up_ms=1_200_000), Point())
    assert (model.counted_from_ms, model.end_ms) == (1_200_000, 86_400_000 + 1_200_000)


def test_longer_calls_serve_worse_and_keep_agents_busier(found: list[PointFigures]) -> None:
    (longer,) = run_sweep(replace(SWEEP, points=points([0.9], [1.3], [0])))
    assert level(longer) < level(found[1])
    busy, as_it_is = (one.measures[Key("all", "")]["occupancy"].mean or 0 for one in (longer, found[1]))
    assert busy > as_it_is > 0


def test_agents_who_come_work_the_shifts_of_the_one_they_are_like() -> None:
    site = with_more(SWEEP.site, "james", 2)
    assert site.workload is not None
    assert SWEEP.site.workload is not None
    new = ["james-more-1", "james-more-2"]
    for before, after in zip(SWEEP.site.workload.staff, site.workload.staff, strict=True):
        assert after.agents == (*before.agents, *(new if "james" in before.agents else ()))


def test_no_more_agents_go_than_there_are() -> None:
    with pytest.raises(PlannerError, match="only 1 of the agents have the skills of “olena”, so --by begins at -1"):
        run_sweep(replace(SWEEP, points=points([1.0], [1.0], [-2])))
    with pytest.raises(PlannerError, match="“olina” is no agent; did you mean “olena”"):
        run_sweep(replace(SWEEP, points=points([1.0], [1.0], [1]), like="olina"))
    with pytest.raises(PlannerError, match="--like AGENT"):
        run_sweep(replace(SWEEP, points=points([1.0], [1.0], [1]), like=None))


def test_a_site_without_a_workload_is_refused_with_what_to_do() -> None:
    with pytest.raises(SimulationError, match="names no workload; add"):
        run_sweep(replace(SWEEP, site=replace(SWEEP.site, workload=None), points=points([1.0], [1.0], [1])))


def test_any_executor_gives_the_same_answer(found: list[PointFigures]) -> None:
    with ThreadPoolExecutor(3) as threads:
        assert run_sweep(SWEEP, Workers(threads, 3)) == found


def test_ctrl_c_leaves_what_there_is(found: list[PointFigures]) -> None:
    def interrupt(done: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    assert run_sweep(SWEEP, progress=interrupt) == found[:2]


@pytest.fixture
def cluster() -> Iterator[str]:
    """The address of a Dask scheduler with two workers."""
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    dask = [sys.executable, "-m", "distributed.cli.dask_scheduler"]
    worker = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--nthreads", "1", "--no-dashboard"]
    commands = [
        [*dask, "--host", "127.0.0.1", "--port", str(port), "--no-dashboard", "--no-show"],
        *([*worker, "--no-nanny", "--host", "127.0.0.1", "--memory-limit", "0"] for _ in range(2)),
    ]
    started = [subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) for command in commands]
    try:
        yield address
    finally:
        for process in started:
            process.kill()  # a worker that has lost its scheduler may not heed a request to end
        for process in started:
            process.wait()


def test_a_dask_cluster_gives_the_same_answer(cluster: str, found: list[PointFigures]) -> None:
    from distributed import Client  # noqa: PLC0415 - takes a second

    with Client(cluster, timeout=120) as client:  # type: ignore[no-untyped-call]
        client.wait_for_workers(2, timeout=120)
    with hired(1, cluster) as workers:
        assert workers is not None
        assert workers.count == 2
        assert run_sweep(SWEEP, workers) == found


def test_a_cluster_that_is_not_there_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulator.workers._DASK_SECONDS", 1)
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    with (
        pytest.raises(SimulationError, match=f"no Dask scheduler answers at tcp://127.0.0.1:{port}"),
        hired(1, f"tcp://127.0.0.1:{port}"),
    ):
        pass
