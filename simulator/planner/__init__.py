"""The planner: a whole centre in one compiled loop, thousands of days in the time the twin takes for one.

:mod:`~simulator.planner.compiler` turns what the live service is set up from into tables, and refuses by name what
they cannot hold; :mod:`~simulator.planner.kernel` runs calls through them with the live engine's own rule functions,
compiled by numba; :mod:`~simulator.planner.runs` repeats that and says how sure the figures are.
"""
