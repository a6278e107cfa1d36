"""The page that places a call on a line whose callers a person can play."""
