"""How a setting is declared: by the kernel in `schema.py`, by a plugin in the dataclass of its section."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from typing import Any


def setting(
    default: Any,
    help: str,
    *,
    secret: bool = False,
    least: float | None = None,
    most: float | None = None,
    check: Callable[[Any], object] | None = None,
) -> Any:
    """Declare one setting as a field of a section's dataclass.

    Arguments:
        default: what holds when nobody says otherwise; its type must fit the annotation.
        help: one sentence for operators.
        secret: the value is masked wherever it is shown, kept out of `repr`, and may also come from the file
            that the environment variable `..._FILE` names.
        least, most: inclusive bounds of a number.
        check: raises ValueError, with words that do not repeat the value, when the value will not do; asked
            for each item of a list.
    """
    rules = {"help": help, "secret": secret, "least": least, "most": most, "check": check}
    return field(default=default, repr=not secret, metadata=rules)
