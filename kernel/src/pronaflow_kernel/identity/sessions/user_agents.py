"""A readable name for what a program calls itself, so that people know their sessions apart.

Browsers pretend to be one another; the few words that tell them apart are looked for in the order in which
they are worth something. What is not known is not guessed.
"""

from __future__ import annotations

import re

_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)
_PROGRAM = re.compile(r"[A-Za-z][\w.-]{0,39}(?=[/ ]|$)")


def device_name(user_agent: str | None) -> str | None:
    """The name, such as `Firefox on Windows`, `Chrome on Android` or `curl`; None where nothing is known."""
    if not user_agent:
        return None
    if not user_agent.startswith("Mozilla/"):
        program = _PROGRAM.match(user_agent)
        return program[0] if program else None
    names = [_first(_BROWSERS, user_agent), _first(_SYSTEMS, user_agent)]
    return " on ".join(name for name in names if name) or None


def _first(words: tuple[tuple[str, str], ...], user_agent: str) -> str | None:
    return next((name for word, name in words if word in user_agent), None)
