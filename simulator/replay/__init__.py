"""Replay: a recorded day, run again through today's rules and through proposed ones, on the same callers.

:mod:`~simulator.replay.recording` and :mod:`~simulator.replay.calls_csv` make a
:class:`~simulator.replay.day.RecordedDay`; :mod:`~simulator.replay.rerun` runs it;
:mod:`~simulator.replay.compare` holds two sets of runs against each other.
"""
