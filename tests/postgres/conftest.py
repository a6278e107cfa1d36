"""Every test here leaves behind what it found."""

from tests.leftovers import nothing_left

__all__ = ["nothing_left"]
