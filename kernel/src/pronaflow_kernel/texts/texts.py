"""What the server says to people, in their language: texts are written in English and looked up by it.

    ctx.texts.say(locale.language, "Hello {name}", name=user["username"])

What has no translation is said in English. Answers need not do this: they are translated where they leave
(`phrasebook`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .catalogues import Catalogue, CatalogueError, catalogues
from .phrasebook import Phrasebook

ENGLISH = "en-US"


class Texts:
    """The catalogues of the kernel and of all plugins."""

    def __init__(self) -> None:
        self._catalogues: dict[tuple[str, str], Catalogue] = {}
        self._phrasebooks: dict[str, Phrasebook] = {}

    def add(self, owner: str, package: str) -> None:
        """Take what a package brings.

        Arguments:
            owner: id of the plugin, `core` for the kernel.
            package: its top-level package.

        Raises:
            CatalogueError: a file is broken; file and line are named.
        """
        for found in catalogues(package):
            place = found.owner or owner, found.language
            if place not in self._catalogues or found.owner is None:
                self._catalogues[place] = found
        self._phrasebooks.clear()

    def of(self, owner: str) -> OwnTexts:
        """The texts of one plugin."""
        return OwnTexts(self, owner)

    def catalogue(self, owner: str, language: str) -> Catalogue | None:
        """The texts of a plugin in a language."""
        return self._catalogues.get((owner, language))

    def languages(self) -> list[str]:
        """The languages that something is said in, English first."""
        return [ENGLISH, *sorted({language for _, language in self._catalogues} - {ENGLISH})]

    def phrasebook(self, language: str) -> Phrasebook:
        """For texts that are filled in already, whoever says them."""
        found = self._phrasebooks.get(language)
        if found is None:
            spoken: Iterable[Catalogue] = (
                c for (_, spoken), c in self._catalogues.items() if spoken == language
            )
            found = self._phrasebooks[language] = Phrasebook(spoken)
        return found


class OwnTexts:
    """The texts of one plugin; what `ctx.texts` is.

    Arguments:
        texts: all of them.
        owner: whose these are.
    """

    def __init__(self, texts: Texts, owner: str) -> None:
        self._texts, self._owner = texts, owner

    def of(self, owner: str) -> OwnTexts:
        """The texts of another plugin, for what that one gave to be said."""
        return self._texts.of(owner)

    def say(self, language: str, english: str, **values: Any) -> str:
        """An English text in a language, filled with values.

        Arguments:
            language: BCP-47 tag; in one without a translation the text stays English.
            english: as it stands in the catalogue, with {names}.
            values: by name; they may hold braces.
        """
        found = self._texts.catalogue(self._owner, language)
        return (found.texts.get(english, english) if found else english).format(**values)

    def say_many(self, language: str, one: str, many: str, count: int, **values: Any) -> str:
        """`say` for a text that depends on a number: `say_many(language, "{count} day", "{count} days", 3)`.

        Arguments:
            one, many: the English texts for one and for any other number.
            count: the number, filled in as `{count}`.
        """
        found = self._texts.catalogue(self._owner, language)
        if found is not None and one in found.plurals:
            text = found.plurals[one][found.form(count)]
        else:
            text = one if count == 1 else many
        return text.format(count=count, **values)


__all__ = ["ENGLISH", "CatalogueError", "OwnTexts", "Texts"]
