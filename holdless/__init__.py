"""The command line: the only place that knows everybody. Start at :mod:`holdless.cli`."""
