"""What planners ask: the twin, replay, formulas, the planner, staffing. Start at :mod:`simulator.twin`."""
