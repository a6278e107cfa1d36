"""Who leads of several engines: the decisions, without a clock or a database of their own.

The lease is one row: who holds it, under which number (*epoch*), until when. The database alone judges, by its own
clock, whether it has run out; each change of holder raises the epoch, and what was begun under an older one is refused.

=========  ==========================================  =========
state      left by                                     to
=========  ==========================================  =========
following  the row is free, or our own, and claimed    leading
leading    the claimed time is over, by our own clock  lost
leading    the database says that another leads        lost
=========  ==========================================  =========

``Lost`` is final: who has lost the lease may have missed anything, and begins anew as a follower in a new process.

An engine counts its lease from *before* it asked for it, and stops a margin before the end. So it has stopped before
the database's clock lets anybody else begin, however late the answer came and however long the process was frozen in
between, as long as the two clocks run equally fast to within the margin. Times here are milliseconds of one machine's
own clock, which is never set and goes on in its sleep.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How long a lease runs."""

    length_ms: int = 5_000

    @property
    def margin_ms(self) -> int:
        """How long before its end the holder stops: a tenth, for clocks that run unequally fast."""
        return self.length_ms // 10

    @property
    def renew_ms(self) -> int:
        """How long after a renewal the next one is begun, so that several may fail in a row."""
        return self.length_ms // 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The lease as the database knows it."""

    holder: str
    """Names one engine, over restarts: whoever has it can know that no earlier process of the same name lives."""
    name: str
    """The holder, for people."""
    epoch: int
    left_ms: int
    """How long it still runs, by the database's clock; 0 or less: it has run out."""


@dataclass(frozen=True, slots=True)
class Following:
    """Another engine leads, or nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leading:
    """This engine leads."""

    epoch: int
    until: int
    """From this time on, by our own clock, it must not act."""
    renew_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """This engine has led, and must not act any more."""

    epoch: int
    why: str


State = Following | Leading | Lost


def is_free(row: Row | None, me: str) -> bool:
    """Whether the lease may be claimed: nobody has it, it has run out, or an earlier process of ``me`` had it."""
    return row is None or row.left_ms <= 0 or row.holder == me


def claimed(epoch: int | None, asked_at: int, terms: Terms) -> Following | Leading:
    """The database's answer to a claim that was sent at ``asked_at``: the new epoch; None: somebody else has it."""
    if epoch is None:
        return Following()
    return _counted_from(asked_at, Leading(epoch=epoch, until=0, renew_at=0), terms)


def renewed(state: Leading, granted: bool, asked_at: int, terms: Terms) -> Leading | Lost:
    """The database's answer to a renewal that was sent at ``asked_at``."""
    if not granted:
        return Lost(epoch=state.epoch, why="another engine leads now")
    return _counted_from(asked_at, state, terms)


def passed(state: State, now: int) -> State:
    """The state at ``now``: who leads longer than their lease has lost it."""
    if isinstance(state, Leading) and now >= state.until:
        return Lost(epoch=state.epoch, why="the lease could not be renewed in time")
    return state


def may_act(state: State, now: int) -> bool:
    """Whether anything may leave the process at ``now``."""
    return isinstance(state, Leading) and now < state.until


def _counted_from(asked_at: int, state: Leading, terms: Terms) -> Leading:
    return replace(state, until=asked_at + terms.length_ms - terms.margin_ms, renew_at=asked_at + terms.renew_ms)
