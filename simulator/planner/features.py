"""What of the live rules a centre uses. Code that serves nothing of it is not compiled: see
:mod:`simulator.planner.whole_program`."""

from __future__ import annotations

from typing import NamedTuple


class Features(NamedTuple):
    """Functions ask for them by ``t.has``, and cost nothing where the answer is no."""

    steps: bool
    """Queues with relaxation steps."""
    spills: bool
    """Steps that send calls to another queue."""
    delays: bool
    """Agents who take only calls that have waited a while."""
    starvation: bool
    """A bound beyond which a call goes before all others."""
    wait_limits: bool
    """Queues that let calls go after a while."""
    unstaffed: bool
    """Queues that let calls go when nobody is at work."""
    hours: bool
    """Queues that take no calls at some times."""
    waiting_limits: bool
    """Queues that take no more than so many calls."""
    records: bool
    """Strategies that ask what each agent did so far."""
    lots: bool
    """Strategies that draw lots."""
    ranks: bool
    """Agents who rank queues."""
    rings: bool
    """Agents who take a while to answer, or never do."""
    misses: bool
    """Agents who let a phone ring in vain."""
    wrap_up: bool
    pace: bool
    """Agents of whom some are faster than others."""
    further: bool
    """Calls that come of others."""
    leaves: bool
    """Callers who leave their queue by themselves."""
    callbacks: bool
    """Customers who are called back."""

    @property
    def timers(self) -> bool:
        """Whether the centre itself lets something happen after a while."""
        return self.steps or self.delays or self.starvation or self.wait_limits or self.wrap_up or self.callbacks

    @property
    def late(self) -> bool:
        """Whether calls come of others: after those that come by themselves, and in no order of time."""
        return self.further or self.callbacks

    @property
    def releases(self) -> bool:
        """Whether calls leave their queue without an agent, and without giving up."""
        return self.wait_limits or self.leaves

    @property
    def several(self) -> bool:
        """Whether more than one agent, or a call that waits already, may have to be matched at once."""
        return self.timers or self.misses


EVERYTHING = Features(*(True for _ in Features._fields))


class Chances(NamedTuple):
    """What is left to chance, and by which laws: ``d.has`` where calls are drawn."""

    laws: bool
    """Others than exponential ones, and times that are always the same."""
    pauses: bool
    """Callers who take a while to press a key."""
    rings: bool
    """See :class:`Features`."""
