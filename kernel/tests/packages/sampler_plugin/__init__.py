"""Brings every kind of thing that a plugin can bring."""
