"""Translation of texts that are filled in already, such as the messages of errors.

Whoever raises an error writes one English sentence. Its catalogue has the sentence with {names} for what is
filled in, and the filled one is recognised by what stands around them. So a raise needs to know nothing of
languages, and whoever asks for English pays nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from string import Formatter

from .catalogues import Catalogue

_LONGEST = 2000


class Phrasebook:
    """All texts in one language.

    Arguments:
        catalogues: of that language, whoever's; of one English text the first translation counts.
    """

    def __init__(self, catalogues: Iterable[Catalogue]) -> None:
        self._plain: dict[str, str] = {}
        filled: dict[str, str] = {}
        for each in catalogues:
            for english, said in each.texts.items():
                target = filled if "{" in english else self._plain
                target.setdefault(english, said)
        # The most literal first: "Task {id} was not found" before "{kind} {id} was not found".
        ordered = sorted(filled.items(), key=lambda item: -_literal(item[0]))
        self._patterns = [(pattern(english), said) for english, said in ordered]
        self.translate = lru_cache(maxsize=1024)(self._translate)

    def _translate(self, text: str) -> str:
        """A text in this language; unchanged where nothing is known of it."""
        known = self._plain.get(text)
        if known is not None:
            return known
        if len(text) > _LONGEST:
            return text
        for matcher, said in self._patterns:
            if found := matcher.fullmatch(text):
                return said.format(**found.groupdict())
        return text


def pattern(english: str) -> re.Pattern[str]:
    """What recognises a text that is filled in."""
    parts, seen = [], set()
    for literal, name, _, _ in Formatter().parse(english):
        parts.append(re.escape(literal))
        if name is not None:
            parts.append(f"(?P={name})" if name in seen else f"(?P<{name}>.*?)")
            seen.add(name)
    return re.compile("".join(parts), re.DOTALL)


def _literal(english: str) -> int:
    return sum(len(literal) for literal, _, _, _ in Formatter().parse(english))
