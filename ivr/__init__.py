"""Voice menus: a call's walk through a flow. Pure: ``advance(flow, session, event, at)`` gives the next session and effects.

Start at :mod:`ivr.engine`; :mod:`ivr.flow` says what a flow is made of; :mod:`ivr.collect` is the keypad's state machine.
"""
