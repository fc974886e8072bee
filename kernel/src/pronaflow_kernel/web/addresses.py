"""Which addresses are taken: Flask would let a second route of the same address pass and never call it."""

from __future__ import annotations

import re

from werkzeug.routing import Map, Rule

from ..plugins.lifecycle import PluginFault


class Addresses:
    """The method and shape of every route, and whose they are.

    Arguments:
        rules: of the application; those in it now are the kernel's.
    """

    def __init__(self, rules: Map) -> None:
        self._rules = rules
        self._owners: dict[tuple[str, str], str] = {}
        self._seen: set[int] = set()
        self.claim("the kernel")

    def claim(self, owner: str) -> None:
        """Note the routes that were registered since as those of `owner`.

        Raises:
            PluginFault: one is at an address that exists already, whatever its parameters are called.
        """
        for rule in self._rules.iter_rules():
            if id(rule) not in self._seen:  # rules live as long as the map, and cannot be hashed
                self._seen.add(id(rule))
                for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                    rival = self._owners.setdefault((method, _shape(rule)), owner)
                    if rival != owner:
                        raise PluginFault(f"the route {method} {rule.rule} exists already, from {rival}")


_PARAMETER = re.compile(r"<[^<>]+>")


def _shape(rule: Rule) -> str:
    """The path without its parameters, since what is an id for one route is a text for another."""
    return _PARAMETER.sub("<>", rule.rule).rstrip("/")
