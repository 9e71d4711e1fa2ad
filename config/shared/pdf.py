"""PDF documents: a heading, facts, tables and sums on A4, in the scripts that the font contains.

The bundled font (DejaVu Sans) writes Latin, Greek, Cyrillic, Armenian and Georgian. It has no Chinese, Japanese,
Korean, Thai or Indian letters, and joined or right-to-left scripts (Arabic, Hebrew) are not shaped. `PDF_FONT` names
another font file, which is then used for whole documents. A character that the font lacks is written as "?".
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from django.conf import settings
from fpdf import FPDF
from fpdf.enums import TableBordersLayout, XPos, YPos
from fpdf.fonts import FontFace

FONTS = Path(__file__).parent / "fonts"
NEXT_LINE = {"new_x": XPos.LMARGIN, "new_y": YPos.NEXT}
LINE = 5.0  # mm
LABELS = 120.0  # mm, where the column of sums starts


class Pages(FPDF):
    """A4 with the page number in the footer."""

    def footer(self) -> None:
        self.set_y(-15)
        self.set_font("body", size=8)
        self.cell(0, LINE, f"{self.page_no()} / {{nb}}", align="C")


class Paper:
    """Written from top to bottom; `render()` returns the file. `made_at` is its only time: equal input, equal bytes."""

    def __init__(self, *, title: str, made_at: datetime) -> None:
        self.pages = Pages(format="A4")
        self.pages.set_creation_date(made_at)
        self.pages.set_title(title)
        for style, path in font_files().items():
            self.pages.add_font("body", style, path)
        self.pages.set_auto_page_break(True, margin=20)
        self.pages.add_page()
        self.known = self.pages.fonts["body"].cmap.keys()
        self.heading(title, size=18)

    def heading(self, text: str, *, size: int = 11) -> None:
        self.pages.ln(LINE / 2)
        self.pages.set_font("body", "B", size)
        self.pages.multi_cell(0, size / 2, self.writable(text), **NEXT_LINE)
        self.pages.ln(1)

    def lines(self, texts: Iterable[str]) -> None:
        """One line each; empty ones are skipped, long ones are wrapped."""
        self.pages.set_font("body", size=9)
        for text in filter(None, texts):
            self.pages.multi_cell(0, LINE, self.writable(text), align="L", **NEXT_LINE)

    def table(self, headings: Sequence[str], rows: Iterable[Sequence[str]], widths: Sequence[int]) -> None:
        """The first column is text, the others are figures; the headings are repeated on each page."""
        self.pages.ln(2)
        self.pages.set_font("body", size=8)
        aligned = ("LEFT", *["RIGHT"] * (len(headings) - 1))
        with self.pages.table(
            col_widths=tuple(widths),
            text_align=aligned,
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
            headings_style=FontFace(emphasis="BOLD"),
            line_height=LINE,
        ) as table:
            for row in (headings, *rows):
                table.row([self.writable(text) for text in row])

    def sums(self, rows: Iterable[tuple[str, str]]) -> None:
        """Labels and amounts, right-aligned; the last row is the total."""
        self.pages.ln(2)
        known = list(rows)
        for index, (label, amount) in enumerate(known, start=1):
            self.pages.set_font("body", "B" if index == len(known) else "", 9)
            self.pages.cell(LABELS, LINE, self.writable(label), align="R")
            self.pages.cell(0, LINE, self.writable(amount), align="R", **NEXT_LINE)

    def writable(self, text: str) -> str:
        return "".join(letter if ord(letter) in self.known or letter == "\n" else "?" for letter in text)

    def render(self) -> bytes:
        return bytes(self.pages.output())


def font_files() -> dict[str, Path]:
    """Style → file; a custom font has a single weight."""
    if settings.PDF_FONT:
        return dict.fromkeys(("", "B"), Path(settings.PDF_FONT))
    return {"": FONTS / "DejaVuSans.ttf", "B": FONTS / "DejaVuSans-Bold.ttf"}
