"""A flow as a picture: :func:`drawn` gives it as SVG, with what a day's callers did where that is known."""

from ivr.picture.counts import Counts, Walk, counted
from ivr.picture.drawing import Wording, arranged, drawn
from ivr.picture.layout import Layout

__all__ = ["Counts", "Layout", "Walk", "Wording", "arranged", "counted", "drawn"]
