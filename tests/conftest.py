"""What holds for every test."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# Time limits on single examples say how busy the machine is, not whether the code is right.
settings.register_profile("holdless", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("holdless")
