"""Change requests: what somebody asks for becomes so once it is approved (modules.md 3.5)."""
