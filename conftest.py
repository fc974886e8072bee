"""What holds for all tests of this repository."""

from __future__ import annotations

from hypothesis import settings

# How long an example takes depends on what else the machine does, and no test asserts times.
settings.register_profile("repository", deadline=None)
settings.load_profile("repository")
