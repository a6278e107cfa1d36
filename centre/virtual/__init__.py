"""A simulated world around a centre: an exchange with its calls and phones, callers, agents. Pure, and written once.

The virtual line (``cti.virtual``) runs it on asyncio in real time, the simulator's twin on SimPy in simulated time.
Time comes from a :class:`~centre.virtual.ports.Scheduler`, chance from draws that are passed in. Start at
:mod:`centre.virtual.exchange`.
"""
