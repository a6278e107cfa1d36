"""The routing core: who gets which caller, and why. Pure: events and time in, effects out.

Start at :mod:`acd.engine` (``Acd.apply``); :mod:`acd.rules` holds the choices themselves.
"""
