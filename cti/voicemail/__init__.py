"""The messages that callers left, for managers to listen to."""
