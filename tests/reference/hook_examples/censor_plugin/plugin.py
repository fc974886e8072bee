"""Objects to stickers in capital letters; without the plugin `stickers` it rests."""

from __future__ import annotations

from pronaflow_kernel import api


class CensorPlugin(api.Plugin):
    """One method, for a hook of another plugin."""

    @api.hookimpl
    def check_sticker(self, text: str) -> None:
        """Nobody shouts."""
        if text.isupper():
            raise api.invalid("text", "Do not shout.")
