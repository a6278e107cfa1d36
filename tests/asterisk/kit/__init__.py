"""A real Asterisk, SIPp's callers and phones, and their audio, for tests and benchmarks on loopback."""
