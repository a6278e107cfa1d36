"""Deterministic simulation testing: the real engine on a virtual clock, a virtual network and a model of the exchange.

Everything that happens in a run follows from its seed: who calls and when, which phones are answered, where the engine
is killed, what the network does. After every event the promises are checked. The manner is that of FoundationDB and
TigerBeetle; docs/reliability.md says how to use it.
"""
