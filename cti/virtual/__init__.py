"""The virtual line: an exchange inside the process, whose callers and agents' phones are simulated in real time.

Everything can be tried on it without an Asterisk. The simulation itself is :mod:`centre.virtual`; here it gets a clock.
"""

from cti.virtual.caller import Said, Speaker, VirtualCaller
from cti.virtual.line import VirtualLine

__all__ = ["Said", "Speaker", "VirtualCaller", "VirtualLine"]
