"""Everything that touches the world: lines, store, desk, floor, customer records. Start at :mod:`cti.service`."""
