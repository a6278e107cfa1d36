"""The agent's desk: one's own state, the call card, wrap-up."""
