"""Text that people write in Markdown, as HTML that a page may show (security.md 2.15).

What is stored stays as it was written. What is shown is made from it each time, through a list of what is
allowed: no script, no style, no image (it would tell a stranger's server who reads) and no address but
http, https and mailto.
"""

from __future__ import annotations

from html import escape

LONGEST = 10_000
"""Characters that are parsed; of the worst text so long, brackets alone, that takes a quarter of a second."""

_TAGS = {
    *("p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "code"),
    *("em", "strong", "s", "a", "ul", "ol", "li"),
}
_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}, "code": {"class"}}
_SCHEMES = {"http", "https", "mailto"}


def html_from_markdown(text: str) -> str:
    """The HTML of a text in CommonMark with strikethrough; HTML in it is shown as text.

    There are no tables: of a few short lines the parser fills 65,000 cells. A text of more than `LONGEST`
    characters is shown as it was written.
    """
    if len(text) > LONGEST:
        return f"<pre>{escape(text)}</pre>"
    import nh3
    from markdown_it import MarkdownIt

    rendered = MarkdownIt("commonmark", {"html": False}).enable("strikethrough").render(text)
    return nh3.clean(
        rendered,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes=_SCHEMES,
        url_relative="deny",
        link_rel="noopener noreferrer nofollow",
    )
