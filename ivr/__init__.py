"""Voice menus: a call's walk through a flow. Pure: ``advance(flow, session, event, at)`` gives the next session.

Start at :mod:`ivr.engine`; :mod:`ivr.flow` and :mod:`ivr.logic` say what a flow is made of; :mod:`ivr.questions` asks
for keys, :mod:`ivr.data` other systems; :mod:`ivr.expressions` is what a flow can work out; :mod:`ivr.collect` is the
keypad's state machine, the same for every line; :mod:`ivr.hours` knows when a desk is open.
"""
