"""One whole contact centre as a single pure machine: calls through their menu, queue and conversation.

``Centre.apply(event, at) -> effects`` composes ``ivr`` and ``acd``. The live service (``cti``) and the simulator
run this very machine; the journal is the list of its events. Start at :mod:`centre.machine`.
"""
