"""What personalization asks of the other plugins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pronaflow_kernel.api import hookspec


@hookspec
def provide_themes() -> Mapping[str, Mapping[str, Any]]:  # type: ignore[empty-body]
    """Themes by id, a word of small letters, digits and `-`, which no other theme has.

    A theme is a mapping: `name`; `base`, `light` or `dark`, for what it leaves out; and `colors`, each
    like `#1f6feb`: `primary` and `secondary`, and as far as it has them `background`, `surface`, `text` and
    others. How well text can be read on it is measured and shown, whatever it says of itself. One on which
    text has less contrast than WCAG 2.1 AA asks for (4.5 to 1) is refused.

        {"solarized": {"name": "Solarized", "base": "light", "colors": {"primary": "#268bd2", ...}}}
    """


@hookspec
def provide_languages() -> Mapping[str, Mapping[str, Any]]:  # type: ignore[empty-body]
    """Languages by BCP-47 tag, such as `de-DE`.

    A language is a mapping: `name` in English, `native_name` in itself, and as far as it has them
    `date_format` and `time_format`, how people write dates and times in it. The plugin brings the texts as
    `locale/de_DE.po` for its own and `locale/de_DE.<plugin id>.po` for others; without one they are English.
    """
