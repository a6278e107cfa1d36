"""What lines can do is said once: the drivers declare it, the check of flows reads the same."""

from __future__ import annotations

from centre.capabilities import CAPABILITIES
from centre.line_kind import LineKind
from cti.asterisk.line import AsteriskLine
from cti.twilio.line import TwilioLine
from cti.virtual import VirtualLine

DRIVERS: dict[LineKind, type[VirtualLine | AsteriskLine | TwilioLine]] = {
    LineKind.VIRTUAL: VirtualLine,
    LineKind.ASTERISK: AsteriskLine,
    LineKind.TWILIO: TwilioLine,
}


def test_every_driver_declares_what_flows_are_checked_by() -> None:
    assert {kind: driver.capabilities for kind, driver in DRIVERS.items()} == dict(CAPABILITIES)
