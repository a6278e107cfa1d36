"""The same scenario is the same call on every line: what the caller hears, where it waits, what is noted of it."""
