"""Trying out voice menus without a telephone: scenarios, a caller played in a terminal.

The flows run in the very engine that serves callers (:mod:`ivr.engine`); start at :mod:`simulator.menus.rehearsal`.
"""
