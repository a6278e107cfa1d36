"""Data dips: what flows ask of web services, within the bounds that the site sets. Start at :mod:`cti.dips.client`."""

from cti.dips.client import DataDips

__all__ = ["DataDips"]
