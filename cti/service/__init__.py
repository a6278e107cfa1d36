"""The live service: one centre, its journal, its lines, its clock. Start at :mod:`cti.service.runtime`."""
