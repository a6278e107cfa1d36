"""How many agents of which team, in every interval and on which shift: ``holdless staff``."""
