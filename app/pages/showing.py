"""From a template and its context to HTML: one environment, every string escaped, nothing undefined passed over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from app.pages.page import Page, PageAsked, Theme
from app.pages.static_files import StaticFiles
from app.people.person import Person
from policies.domain.money import UnknownCurrency, format_amount, plain

LONGEST_SHOWN: Final = 120
_UNSAFE_MARKS: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")


@dataclass(frozen=True, slots=True, kw_only=True)
class NavLink:
    """A link at the top; `here` says that this is where one is."""

    label: str
    address: str
    here: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What every template knows as `frame`."""

    title: str
    nav: Sequence[NavLink]
    csrf: str
    theme: Theme
    address: str
    now: datetime
    simulated: bool
    notice: str = ""
    user: Person | None = None


class Showing:
    """Renders the pages' templates."""

    def __init__(self, static: StaticFiles, *, simulated: bool) -> None:
        self._simulated = simulated
        self._links: tuple[Page, ...] = ()
        self._environment = Environment(
            loader=PackageLoader("app", "web/templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals["static"] = static.address
        self._environment.filters |= FILTERS

    def know(self, pages: Sequence[Page]) -> None:
        """Take the links at the top from the pages that there are."""
        linked = [page for page in pages if page.nav is not None and page.method == "GET"]
        self._links = tuple(sorted(linked, key=lambda page: page.nav.order if page.nav else 0))

    def show(
        self, template: str, context: Mapping[str, Any], asked: PageAsked, *, title: str, simulated: bool = False
    ) -> bytes:
        """The page as HTML."""
        frame = Frame(
            title=title,
            nav=self._nav(asked),
            csrf=asked.csrf,
            theme=asked.theme,
            address=asked.whole_address,
            now=asked.now,
            simulated=simulated or self._simulated,
            notice=asked.notice,
            user=None if asked.signed_in is None else asked.user,
        )
        html = self._environment.get_template(template).render({**context, "frame": frame})
        return html.encode("utf-8", "replace")

    def _nav(self, asked: PageAsked) -> list[NavLink]:
        if asked.signed_in is None:
            return []
        return [
            NavLink(label=page.nav.label, address=page.path, here=_is_here(page.path, asked.address))
            for page in self._links
            if page.nav is not None and asked.user.may(*page.roles)
        ]


def _is_here(path: str, address: str) -> bool:
    return address == path or (path != "/" and address.startswith(path + "/"))


def money(amount: Decimal | str | None, currency: str | None) -> str:
    """An amount with its currency: "$14,400.00" is "$14,400"; a currency that nobody knows is written out."""
    if amount is None:
        return "not known"
    number = Decimal(amount)
    try:
        return format_amount(number, currency or "").replace("-", "\u2212")
    except UnknownCurrency:
        return f"{currency or ''} {number:,}".strip().replace("-", "\u2212")


def number(value: Decimal | float | str | None, decimals: int | None = None) -> str:
    """A number with commas; without `decimals`, with those that it has."""
    if value is None:
        return "not known"
    told = Decimal(str(value))
    text = f"{told:,.{decimals}f}" if decimals is not None else _grouped(plain(told))
    return text.replace("-", "\u2212")


def _grouped(text: str) -> str:
    whole, point, rest = text.partition(".")
    sign = "-" if whole.startswith("-") else ""
    return f"{sign}{int(whole.lstrip('-') or '0'):,}{point}{rest}"


def percent(share: Decimal | float | str | None, decimals: int = 0) -> str:
    """A share from 0 to 1 in percent."""
    return "not known" if share is None else f"{number(Decimal(str(share)) * 100, decimals)}\u00a0%"


def day(value: date | datetime | str | None) -> str:
    """A day as "2 Mar 2026"."""
    if value is None or value == "":
        return "no date"
    told = datetime.fromisoformat(value) if isinstance(value, str) else value
    return f"{told.day} {told:%b %Y}"


def moment(value: datetime | str | None) -> str:
    """A moment as "2 Mar 2026, 09:30 UTC"."""
    if value is None or value == "":
        return "never"
    told = (datetime.fromisoformat(value) if isinstance(value, str) else value).astimezone(UTC)
    return f"{told.day} {told:%b %Y, %H:%M} UTC"


def iso(value: date | datetime) -> str:
    """A day or moment for a machine."""
    return value.isoformat(timespec="seconds") if isinstance(value, datetime) else value.isoformat()


def short(text: object, length: int = LONGEST_SHOWN) -> str:
    """The text, cut where it is longer. Marks that turn the direction of writing are left out."""
    told = clean(text)
    return told if len(told) <= length else told[: length - 1].rstrip() + "…"


def clean(text: object) -> str:
    """The text without marks that turn the direction of what follows, and without control characters."""
    told = str(text)
    if told.isprintable():  # marks that turn the direction are not: nearly every text is done here
        return told
    return "".join(mark for mark in told if mark not in _UNSAFE_MARKS and (mark.isprintable() or mark in "\n\t"))


def words(text: object) -> str:
    """A code as words: "true_positive" is "true positive"."""
    return str(text).replace("_", " ").replace("-", " ")


FILTERS: Final = {
    "money": money,
    "number": number,
    "percent": percent,
    "day": day,
    "moment": moment,
    "iso": iso,
    "short": short,
    "clean": clean,
    "words": words,
}
