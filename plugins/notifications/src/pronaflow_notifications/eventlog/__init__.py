"""The event log of a workspace."""
