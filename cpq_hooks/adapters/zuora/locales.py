"""Numbers and dates as a tenant's merge fields write them: by the settings of the connection, never by guessing.

"1.234" is one thousand two hundred thirty-four in Berlin and not quite one and a quarter in Boston, and "01/02/2016" is
two days. So what does not fit the stated form is refused, and without a stated form only what has one meaning is read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

_SPACES: Final = " \u00a0\u202f\u2009"
_MARKS: Final[Mapping[str, tuple[str, str]]] = {
    "en": (",", "."), "de": (".", ","), "es": (".", ","), "it": (".", ","), "nl": (".", ","), "pt": (".", ","),
    "fr": (_SPACES, ","), "sv": (_SPACES, ","), "ja": (",", "."), "zh": (",", "."),
}  # fmt: skip
_REGIONS: Final[Mapping[str, tuple[str, str]]] = {
    "de_CH": ("'\u2019", "."),
    "es_MX": (",", "."),
    "en_ZA": (_SPACES, ","),
}
_PLAIN: Final = re.compile(r"-?\d{1,3}(?!\d)|-?\d+(?:\.\d{1,2}|\.\d{4,})?")
_ISO: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_PARTS: Final[Mapping[str, str]] = {
    "yyyy": r"(?P<year>\d{4})", "MM": r"(?P<month>\d{2})", "M": r"(?P<month>\d{1,2})",
    "dd": r"(?P<day>\d{2})", "d": r"(?P<day>\d{1,2})",
}  # fmt: skip
_LETTERS: Final = re.compile(r"yyyy|MM|M|dd|d|[^A-Za-z]+")
_CURRENCY: Final = re.compile(r"[A-Z]{2,3}|[A-Z]{0,3}\$|[€£¥₹₩₪₫₱฿₺₴₽]|kr\.?|zł|Kč|R\$|Fr\.?")
_LONGEST: Final = 64

LOCALES: Final = tuple(sorted({*_MARKS, *_REGIONS, "en_US", "en_GB", "de_DE", "fr_FR"}))


class UnknownForm(ValueError):  # noqa: N818 - it says what is wrong
    """The connection names a locale or a date format that is not known."""


@dataclass(frozen=True, slots=True)
class Forms:
    """How a tenant writes numbers and dates; None where the connection does not say."""

    locale: str | None = None
    date_format: str | None = None

    def number(self, text: str) -> Decimal | None:
        """An amount or a quantity, with or without a currency; None where it is not written as the locale does."""
        bare = _without_currency(text)
        if bare is None:
            return None
        if self.locale is None:
            return Decimal(bare) if _PLAIN.fullmatch(bare) else None
        groups, point = marks_of(self.locale)
        return _grouped(bare, groups, point)

    def day(self, text: str) -> date | None:
        """A day as the date format writes it; spaces around its marks do not count. None where it is not so written."""
        bare = "".join(text.split())[:_LONGEST]
        if self.date_format is None:
            return _date(bare) if _ISO.fullmatch(bare) else None
        found = _pattern(self.date_format).fullmatch(bare)
        return None if found is None else _date("{year}-{month:0>2}-{day:0>2}".format(**found.groupdict()))


def marks_of(locale: str) -> tuple[str, str]:
    """What may stand between thousands, and the decimal mark. Raises `UnknownForm`."""
    name = locale.replace("-", "_")
    found = _REGIONS.get(name) or _MARKS.get(name.partition("_")[0])
    if found is None:
        raise UnknownForm(f"the option locale is none that is known: {locale} (known: {', '.join(LOCALES)})")
    return found


def _pattern(date_format: str) -> re.Pattern[str]:
    """The format as a pattern. Raises `UnknownForm` where it does not name year, month and day, each once."""
    bare = "".join(date_format.split())
    parts = _LETTERS.findall(bare)
    if "".join(parts) != bare or sorted(part[0] for part in parts if part in _PARTS) != ["M", "d", "y"]:
        raise UnknownForm(f"the option date_format is not made of yyyy, MM or M, and dd or d: {date_format}")
    return re.compile("".join(_PARTS.get(part, re.escape(part)) for part in parts), re.ASCII)


def _without_currency(text: str) -> str | None:
    """The digits with their marks. A currency may stand before or behind; brackets around it all are a minus."""
    bare = text.strip(_SPACES + "\t\r\n")
    if not bare or len(bare) > _LONGEST:
        return None
    negative = bare.startswith("(") and bare.endswith(")")
    bare = bare[1:-1] if negative else bare
    if bare.startswith(("-", "\u2212")):
        negative, bare = not negative, bare[1:]
    before = _CURRENCY.match(bare)
    bare = bare[before.end() :] if before else bare
    behind = re.search(rf"[{_SPACES}]?(?:{_CURRENCY.pattern})$", bare) if before is None else None
    bare = (bare[: behind.start()] if behind else bare).strip(_SPACES)
    if bare.startswith(("-", "\u2212")) and not negative:
        negative, bare = True, bare[1:]
    return f"-{bare}" if negative and bare else bare or None


def _grouped(bare: str, groups: str, point: str) -> Decimal | None:
    sign, digits = ("-", bare[1:]) if bare.startswith("-") else ("", bare)
    mark = f"[{re.escape(groups)}]"
    whole = rf"(?:\d{{1,3}}(?:{mark}\d{{3}})+|\d+)"
    if not re.fullmatch(rf"{whole}(?:{re.escape(point)}\d+)?", digits, re.ASCII):
        return None
    return Decimal(sign + re.sub(mark, "", digits).replace(point, "."))


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
