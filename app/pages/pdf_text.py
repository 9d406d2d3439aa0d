"""Text in a PDF, whatever it is written in: one family of fonts that is embedded, and what stands in for signs that it lacks.

FiraGO (SIL Open Font License, packaged as `pymupdf-fonts`) has Latin, Greek, Cyrillic, Arabic, Hebrew, Thai, Georgian and
Devanagari. Chinese, Japanese and Korean are written in the fonts that every PDF reader brings for them, which are named and not
embedded: a family with all of their signs would be twenty times the size of the rest. What none of them has is written as its code
point, such as [U+1F600], never left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from io import BytesIO
from itertools import groupby
from typing import Final
from unicodedata import bidirectional, normalize
from xml.sax.saxutils import escape

import pymupdf_fonts
from arabic_reshaper import ArabicReshaper
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Paragraph

from app.pages.bidirectional import as_drawn
from app.pages.showing import clean

PLAIN: Final = "FiraGO"
BOLD: Final = "FiraGO-Bold"
_PACKAGED: Final = {PLAIN: "figo", BOLD: "figbo"}
_CHINESE, _JAPANESE, _KOREAN = "STSong-Light", "HeiseiKakuGo-W5", "HYGothic-Medium"
_HAN: Final = ((0x3000, 0x3020), (0x4E00, 0x9FA6), (0xFF01, 0xFF5F))
_KANA: Final = ((0x3041, 0x3097), (0x30A0, 0x3100))
_HANGUL: Final = ((0xAC00, 0xD7A4),)
_TURNS: Final = frozenset({"R", "AL"})


def use_fonts() -> None:
    """Make the fonts known to the library: once a process, at the first PDF."""
    _registered()


def marked_up(text: str) -> str:
    """A customer's text as markup that says nothing but the text, each stretch in a font that has its signs."""
    return "".join(_stretches(written(text)))


def paragraph(text: str, style: ParagraphStyle, before: str = "") -> Paragraph:
    """A paragraph of a customer's text. `before` is markup of ours."""
    told = clean(text)
    if not told.isascii() and any(bidirectional(mark) in _TURNS for mark in told):
        return _Turning(told, style, before)
    return Paragraph(before + marked_up(told), style)


def written(text: str) -> str:
    """The text with each sign that no font has as its code point."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(mark if _font_of(mark) is not None else f"[U+{ord(mark):04X}]" for mark in clean(text))


class _Turning(Paragraph):  # type: ignore[misc]
    """Text that runs from right to left, in part or whole: cut into lines as it is read, and each line laid out as it is seen."""

    def __init__(self, text: str, style: ParagraphStyle, before: str) -> None:
        self._told, self._before, self._look = text, before, style
        super().__init__(before + marked_up(text), style)

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        look, told = self._look, written(self._told)
        # The room that our own words take on the first line is kept free on every line.
        lines = simpleSplit(told, look.fontName, look.fontSize, width - 1 - (60 if self._before else 0))
        markup = "<br/>".join("".join(_stretches(written(_as_seen(line)))) for line in lines)
        super().__init__(self._before + markup, look)
        found: tuple[float, float] = super().wrap(width, height)
        return found


def _as_seen(line: str) -> str:
    """A line in the order in which it is drawn, within writing of ours, which runs from left to right.

    A letter that stands alone has no form of its own in the font: it is the letter itself.
    """
    drawn = as_drawn(_reshaper().reshape(line))
    return "".join(mark if _font_of(mark) is not None else normalize("NFKC", mark) for mark in drawn)


def _stretches(told: str) -> Iterator[str]:
    _registered()
    if told.isascii():
        yield escape(told)
        return
    for font, marks in groupby(told, key=lambda mark: _font_of(mark) or PLAIN):
        text = escape("".join(marks))
        yield text if font == PLAIN else f'<font name="{font}">{text}</font>'


def _font_of(mark: str) -> str | None:
    """The font that has a sign; None where none has it."""
    code = ord(mark)
    if mark in "\n\t" or code in _has():
        return PLAIN
    for font, ranges in ((_JAPANESE, _KANA), (_KOREAN, _HANGUL), (_CHINESE, _HAN)):
        if any(first <= code < end for first, end in ranges):
            return font
    return None


@cache
def _has() -> frozenset[int]:
    _registered()
    return frozenset(pdfmetrics.getFont(PLAIN).face.charToGlyph)


@cache
def _registered() -> None:
    for name, packaged in _PACKAGED.items():
        pdfmetrics.registerFont(TTFont(name, BytesIO(pymupdf_fonts.myfont(packaged))))
    for name in (_CHINESE, _JAPANESE, _KOREAN):
        pdfmetrics.registerFont(UnicodeCIDFont(name))


@cache
def _reshaper() -> ArabicReshaper:
    """Joins Arabic letters, and leaves nothing out: marks for vowels neither."""
    return ArabicReshaper(configuration={"delete_harakat": False, "ARABIC LIGATURE ALLAH": False})
