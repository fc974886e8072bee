"""Reports as PDF: headings, paragraphs and tables in a font with Latin and all its marks, Greek and Cyrillic.

The font is embedded, as far as its letters are used, so that a file looks the same everywhere. What it has no
glyph for is shown as a box. Text is drawn, never read as HTML (security.md 2.15).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

FONT = Path(__file__).parent / "fonts" / "dejavu-sans" / "DejaVuSans.ttf"
_FAMILY = "DejaVuSans"
_TITLE, _HEADING, _TEXT, _LINE = 16, 12, 9, 5.0


@dataclass(frozen=True, slots=True)
class PdfSection:
    """A part of a report.

    Arguments:
        heading: above it.
        columns: headings of its table; without any there is none.
        rows: as many texts each.
        text: a paragraph above the table.
        widths: of the columns, in relation to each other; all the same unless given.
    """

    heading: str
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    text: str = ""
    widths: tuple[int, ...] | None = None


def pdf_report(title: str, sections: Sequence[PdfSection], made_at: datetime) -> bytes:
    """A report as a PDF file, in pages of A4 with numbers.

    Arguments:
        title: on the first page, and what programs call the file.
        made_at: when it was made, so that the same report is the same file.
    """
    from fpdf import FPDF

    class Report(FPDF):
        def footer(self) -> None:
            self.set_y(-12)
            self.set_font(_FAMILY, size=8)
            self.cell(0, 8, f"{self.page_no()} / {{nb}}", align="C")

    pdf = Report()
    pdf.set_title(title)
    pdf.set_creation_date(made_at)
    pdf.set_auto_page_break(True, margin=16)
    pdf.add_font(_FAMILY, fname=FONT)
    pdf.add_page()
    _write(pdf, title, _TITLE)
    for section in sections:
        pdf.ln(_LINE)
        _write(pdf, section.heading, _HEADING)
        if section.text:
            _write(pdf, section.text, _TEXT)
        if section.columns:
            _table(pdf, section)
    return bytes(pdf.output())


def _write(pdf: object, text: str, size: int) -> None:
    pdf.set_font(_FAMILY, size=size)  # type: ignore[attr-defined]
    pdf.multi_cell(0, size * 0.55, _drawn(text), new_x="LMARGIN", new_y="NEXT")  # type: ignore[attr-defined]


def _table(pdf: object, section: PdfSection) -> None:
    from fpdf.fonts import FontFace

    pdf.set_font(_FAMILY, size=_TEXT)  # type: ignore[attr-defined]
    shaded = FontFace(emphasis="", fill_color=(230, 230, 230))
    with pdf.table(  # type: ignore[attr-defined]
        headings_style=shaded, line_height=_LINE, col_widths=section.widths, text_align="LEFT"
    ) as table:
        for row in (section.columns, *section.rows):
            table.row([_drawn(cell) for cell in row])


def _drawn(text: str) -> str:
    """Text on one line each: control characters have no glyph."""
    return "".join(c if c.isprintable() or c == "\n" else " " for c in text)
