"""What goes wrong around the engine; that its process is killed, :mod:`simulator.torture.run` sees to itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from simulator.torture.manager import PORT as MANAGER
from simulator.torture.menu_session import PORT as MENUS
from simulator.torture.network import Connection
from simulator.torture.plan import Fault, Harm, S

if TYPE_CHECKING:
    from simulator.torture.run import Run

_SLOW_US = 5 * S
"""How long a slow network stays slow."""
_PIECE_US = 3 * S // 2
"""How long a piece may take at most then."""


def befall(run: Run, fault: Fault) -> None:
    """It happens now, and ends when it should."""
    _HARMS[fault.harm](run, fault)


def _reset_manager(run: Run, _: Fault) -> None:
    _reset(run.network.of(MANAGER))


def _reset_menus(run: Run, _: Fault) -> None:
    _reset(run.network.of(MENUS))


def _silence(run: Run, _: Fault) -> None:
    for link in run.network.of(MANAGER):
        link.silent = True


def _cut_list(run: Run, _: Fault) -> None:
    run.exchange.manager.cut_list = True
    _reset(run.network.of(MANAGER))


def _freeze(run: Run, fault: Fault) -> None:
    if run.process is not None:
        run.process.loop.freeze()
        run.world.after(fault.for_us, run.process.thaw)


def _refuse(run: Run, fault: Fault) -> None:
    run.network.refusing.add(MANAGER)
    run.world.after(fault.for_us, lambda: run.network.refusing.discard(MANAGER))
    _reset(run.network.of(MANAGER))


def _password(run: Run, fault: Fault) -> None:
    manager = run.exchange.manager
    manager.accepts_password = False
    run.world.after(fault.for_us, lambda: setattr(manager, "accepts_password", True))
    _reset(run.network.of(MANAGER))


def _mute(run: Run, fault: Fault) -> None:
    manager = run.exchange.manager
    manager.mute = True
    run.world.after(fault.for_us, lambda: setattr(manager, "mute", False))
    _reset(run.network.of(MANAGER))


def _slow(run: Run, fault: Fault) -> None:
    run.network.slow_us = min(fault.for_us, _PIECE_US)
    run.network.slow_until_us = run.world.now_us + _SLOW_US


def _disk_full(run: Run, fault: Fault) -> None:
    run.disk_is_full = True
    run.world.after(fault.for_us, lambda: setattr(run, "disk_is_full", False))


def _records(run: Run, fault: Fault) -> None:
    run.database.away_until_us = run.world.now_us + fault.for_us


def _restart(run: Run, fault: Fault) -> None:
    run.network.refusing.add(MANAGER)
    run.exchange.restart()
    run.world.after(fault.for_us, lambda: run.network.refusing.discard(MANAGER))


def _reload(run: Run, _: Fault) -> None:
    run.reload()


def _reset(links: Sequence[Connection]) -> None:
    for link in tuple(links):
        link.reset()


_HARMS = {
    Harm.RESET: _reset_manager,
    Harm.SILENCE: _silence,
    Harm.CUT_LIST: _cut_list,
    Harm.MENUS: _reset_menus,
    Harm.FREEZE: _freeze,
    Harm.REFUSE: _refuse,
    Harm.PASSWORD: _password,
    Harm.MUTE: _mute,
    Harm.SLOW: _slow,
    Harm.DISK_FULL: _disk_full,
    Harm.RESTART: _restart,
    Harm.RELOAD: _reload,
    Harm.RECORDS: _records,
}
