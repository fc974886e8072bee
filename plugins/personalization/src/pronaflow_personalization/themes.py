"""Themes: names of colours, and how well text can be read on them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_ID = re.compile(r"[a-z][a-z0-9-]{0,39}")
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
READABLE = 4.5
"""Least contrast of text with what is behind it (WCAG 2.1, 1.4.3, level AA)."""
_LEVELS = (("AAA", 7.0), ("AA", READABLE))

_LIGHT = {
    "primary": "#0066CC",
    "secondary": "#F5F5F5",
    "background": "#FFFFFF",
    "surface": "#F5F5F5",
    "text": "#1A1A1A",
}
_DARK = {
    "primary": "#1E88E5",
    "secondary": "#121212",
    "background": "#121212",
    "surface": "#1E1E1E",
    "text": "#EDEDED",
}
_BASES = {"light": _LIGHT, "dark": _DARK}


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours under a name.

    Arguments:
        id: as it is chosen; name: as it is shown.
        base: `light` or `dark`.
        colors: by token.
        contrast: the least contrast of text with what it stands on, 1 to 21.
        provider: id of the plugin that brings it; None for those of this one.
    """

    id: str
    name: str
    base: str
    colors: Mapping[str, str]
    contrast: float
    provider: str | None = None

    def shown(self) -> dict[str, Any]:
        """As it is answered."""
        level = next(level for level, least in _LEVELS if self.contrast >= least)
        return {
            "id": self.id,
            "name": self.name,
            "base": self.base,
            "colors": dict(self.colors),
            "contrast": {"text": round(self.contrast, 2), "level": level},
            "provider": self.provider,
        }


def made(theme_id: str, given: Mapping[str, Any], provider: str | None = None) -> Theme:
    """A theme of what a plugin says.

    Raises:
        ValueError: what is wrong with it, in words.
    """
    if not _ID.fullmatch(theme_id) or theme_id == "system":
        raise ValueError(f"{theme_id!r} is no id of a theme: a word such as solarized, and not system")
    name, base, colors = given.get("name"), given.get("base", "light"), given.get("colors")
    if not isinstance(name, str) or not 0 < len(name) <= 60:
        raise ValueError(f"the theme {theme_id} needs a name of at most 60 characters")
    if base not in _BASES:
        raise ValueError(f"the theme {theme_id} has the base {base!r}: light or dark")
    if not isinstance(colors, Mapping) or not {"primary", "secondary"} <= colors.keys():
        raise ValueError(f"the theme {theme_id} needs the colors primary and secondary")
    wrong = sorted(str(token) for token, color in colors.items() if not _COLOR.fullmatch(str(color)))
    if wrong:
        raise ValueError(f"the theme {theme_id} has colors that are none such as #1f6feb: {', '.join(wrong)}")
    full = {**_BASES[base], **colors}
    contrast = min(ratio(full["text"], full[behind]) for behind in ("background", "surface"))
    if contrast < READABLE:
        raise ValueError(
            f"text on the theme {theme_id} has a contrast of {contrast:.2f}, and {READABLE} is the least"
        )
    return Theme(theme_id, name, base, full, contrast, provider)


def ratio(one: str, other: str) -> float:
    """Contrast of two colours, 1 to 21 (WCAG 2.1, "contrast ratio")."""
    bright, dim = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def _luminance(color: str) -> float:
    """Relative luminance (WCAG 2.1)."""
    parts = (int(color[start : start + 2], 16) / 255 for start in (1, 3, 5))
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


BUILT_IN = (
    made("light", {"name": "Light", "base": "light", "colors": _LIGHT}),
    made("dark", {"name": "Dark", "base": "dark", "colors": _DARK}),
)
"""As the first seed lists them."""
