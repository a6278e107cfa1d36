"""The managers' floor: queues, service levels and agents as they are now."""
