"""Markdown that strangers wrote, as HTML (security.md 2.15): what it can do is on a list."""

from __future__ import annotations

import pytest

from pronaflow_kernel.api import html_from_markdown

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "![x](https://example.com/pixel.png)",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](vbscript:x)",
    "[x](file:///etc/passwd)",
    "<svg onload=alert(1)>",
    "<iframe src=https://example.com></iframe>",
    "<style>body{display:none}</style>",
    "<a href='javascript:alert(1)'>x</a>",
    "[x](https://example.com 'a\" onmouseover=alert(1) x=\"')",
    "<javascript:alert(1)>",
    "```<script>\nalert(1)\n```",
    "<!--><script>alert(1)</script>-->",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
]


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_nothing_in_it_runs_or_loads(text):
    from html.parser import HTMLParser

    seen = []

    class Tags(HTMLParser):
        def handle_starttag(self, tag, attrs):
            seen.append((tag, dict(attrs)))

    Tags().feed(html_from_markdown(text))

    for tag, attributes in seen:
        assert tag not in {"script", "img", "svg", "iframe", "style", "math", "form", "object"}
        assert not any(name.startswith("on") or name in {"src", "style"} for name in attributes)
        assert attributes.get("href", "https:").startswith(("https:", "http:", "mailto:"))


def test_what_people_write_is_shown():
    text = "# Plan\n\n- *one*\n- **two**\n\n`x < y` ~~old~~"

    shown = html_from_markdown(text)

    for part in (
        "<h1>Plan</h1>",
        "<em>one</em>",
        "<strong>two</strong>",
        "x &lt; y",
        "<s>old</s>",
    ):
        assert part in shown


def test_a_link_tells_nothing_to_where_it_leads():
    shown = html_from_markdown("[docs](https://example.com/a?b=1&c=2)")

    assert 'rel="noopener noreferrer nofollow"' in shown
    assert 'href="https://example.com/a?b=1&amp;c=2"' in shown


@pytest.mark.parametrize(
    "address", ["//evil.example", "/api/v1/tasks", "up", "JaVa&#10;script:alert(1)"], ids=ascii
)
def test_an_address_that_names_no_scheme_is_none(address):
    assert "href" not in html_from_markdown(f"[x]({address})")


def test_a_few_lines_do_not_become_a_huge_page():
    text = "|" * 200 + "\n" + "|-" * 200 + "|\n" + "a\n" * 300

    assert len(html_from_markdown(text)) < 2 * len(text)


def test_a_text_that_is_long_is_shown_as_it_was_written():
    text = "[" * 10_001 + "<b>"

    assert html_from_markdown(text) == f"<pre>{'[' * 10_001}&lt;b&gt;</pre>"
