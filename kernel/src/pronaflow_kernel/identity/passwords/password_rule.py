"""What a new password must be like (first seed, "Security Requirements"; security.md 0.5).

Long passwords that many people share are a well-known word with something around it: `Password1234!`,
`W3lcome-2026!!`, `qwertyqwerty1!`. So the blocklist `common_passwords.txt` holds the words, and a password is
reduced to its word before it is looked up: with years, digits, punctuation and letters in disguise, each word
stands for thousands of passwords that satisfy the rule, where the study asks for a list of 3000. Sequences
and walks over the keyboard are recognised by their steps.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise, product
from typing import Literal

from ...errors import Problem, ValidationFailed
from ..names import local_part, normal

MAX_LENGTH = 256
"""Longest password in characters; nothing is ever cut off."""

_LEAST = {"seed": 12, "nist": 15}
_CLASSES = {
    "an upper-case letter": str.isupper,
    "a lower-case letter": str.islower,
    "a digit": str.isdecimal,
    "a special character": lambda character: not character.isalnum(),
}
_SHORTEST_NAME = 3
_FEWEST_CHARACTERS = 5

_KEYBOARD = ("`1234567890-=", " qwertyuiop[]", " asdfghjkl;'", " zxcvbnm,./")
_SHIFTED = str.maketrans('~!@#$%^&*()_+{}:"<>?|', "`1234567890-=[];',./]")
_KEYS = {key: (row, place) for row, keys in enumerate(_KEYBOARD) for place, key in enumerate(keys)}
_MOST_STEPS = 0.75
"""Share of neighbouring keys from which a password is a walk; among random ones it is about a fifth."""

_LEET = str.maketrans("@4301!5$7+", "aaeoiisstt")
_DISGUISED = 3
_FIRST, _LAST = re.compile(r"[^\W\d_]"), re.compile(r"[^\W\d_](?=[\W\d_]*\Z)")
_OTHERS = re.compile(r"[\W\d_]+")


class PasswordRule:
    """The rule of one installation.

    Arguments:
        profile: `seed` asks for 12 characters with upper, lower, digit and special character, `nist` for 15
            of any kind (SP 800-63B-4, where the password is the only factor).
    """

    def __init__(self, profile: Literal["seed", "nist"]) -> None:
        self._least = _LEAST[profile]
        self._classes = _CLASSES if profile == "seed" else {}

    def faults(self, password: str, username: str = "", email: str = "") -> list[str]:
        """Everything that is wrong with a password, a sentence each; nothing for a good one.

        Arguments:
            username, email: of the account, as far as they are known.
        """
        text = canonical(password)
        if len(text) > MAX_LENGTH:
            return [f"Longer than {MAX_LENGTH} characters."]
        faults = [] if len(text) >= self._least else [f"Shorter than {self._least} characters."]
        for words, belongs in self._classes.items():
            if not any(map(belongs, text)):
                faults.append(f"Needs {words}.")
        folded = normal(text)
        if any(name in folded for name in _names(username, email)):
            faults.append("Must not contain the user name, the mail address or the name of this product.")
        if _is_common(folded):
            faults.append("Too easy to guess: many people use this password or one much like it.")
        return faults

    def demand(self, field: str, password: str, username: str, email: str) -> None:
        """Refuse a bad password.

        Arguments:
            field: where it was given.

        Raises:
            ValidationFailed: with everything that is wrong.
        """
        faults = self.faults(password, username, email)
        if faults:
            raise ValidationFailed([Problem(field, fault) for fault in faults])


def canonical(password: str) -> str:
    """The password whichever keyboard typed it: NFC (SP 800-63B-4, 3.1.1.2)."""
    return unicodedata.normalize("NFC", password)


def _names(username: str, email: str) -> list[str]:
    """What a password may not contain; shorter names would forbid half the dictionary."""
    names = ("pronaflow", normal(username), normal(local_part(email)))
    return [name for name in names if len(name) >= _SHORTEST_NAME]


def _is_common(folded: str) -> bool:
    if len(set(folded)) < _FEWEST_CHARACTERS or _is_walk(folded):
        return True
    forms = {folded, _OTHERS.sub("", folded), *map(_undisguised, _cores(folded))}
    return not common_passwords().isdisjoint(forms | set(map(_unit, forms)))


def _cores(text: str) -> Iterator[str]:
    """The text without digits and signs around it, the next of which may still be letters in disguise."""
    start, end = _FIRST.search(text), _LAST.search(text)
    if start and end:
        for before, after in product(range(_DISGUISED + 1), repeat=2):
            yield text[max(start.start() - before, 0) : end.end() + after]


def _undisguised(text: str) -> str:
    return _OTHERS.sub("", text.translate(_LEET))


def _is_walk(folded: str) -> bool:
    """Whether most characters follow their forerunner on the keyboard or in the alphabet."""
    keys = folded.translate(_SHIFTED)
    steps = sum(_is_step(one, two) for one, two in pairwise(keys))
    return steps >= _MOST_STEPS * (len(keys) - 1)


def _is_step(one: str, two: str) -> bool:
    if abs(ord(one) - ord(two)) <= 1:
        return True
    (row, place), (next_row, next_place) = _KEYS.get(one, (-9, 0)), _KEYS.get(two, (9, 0))
    return abs(row - next_row) <= 1 and abs(place - next_place) <= 1


def _unit(text: str) -> str:
    """What a text repeats: `abab` is twice `ab`; other texts are their own unit."""
    return text[: (text + text).find(text, 1)] if text else text


@lru_cache(maxsize=1)
def common_passwords() -> frozenset[str]:
    """The blocklist: lower-case words, keyboard walks and sequences."""
    text = files(__package__).joinpath("common_passwords.txt").read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))
