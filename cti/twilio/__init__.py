"""The Twilio line: webhooks answered with TwiML, calls moved by REST. Start at :mod:`cti.twilio.line`."""
