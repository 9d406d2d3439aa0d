"""Money: decimal amounts with their currency, rounded to the minor unit that ISO 4217 names.

Unit prices and rates keep every decimal that was given; only what is billed is rounded. Never a binary float.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import MAX_EMAX, MIN_EMIN, ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from enum import StrEnum
from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING, overload

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_EXPONENTS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: (
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW "
        "CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF "
        "IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK "
        "MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP "
        "SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG "
        "YER ZAR ZMW ZWG "
        # Withdrawn since 2021, but contracts that were written in them still have to be read.
        "ANG BGN CUC HRK SLL ZWL"
    ),
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}

CURRENCIES: Mapping[str, int] = MappingProxyType(
    {code: decimals for decimals, codes in _EXPONENTS.items() for code in codes.split()}
)
"""The number of decimals of each currency (ISO 4217, "minor unit"), by its three-letter code."""

_MINOR_UNITS: Mapping[str, Decimal] = MappingProxyType(
    {code: Decimal(1).scaleb(-decimals) for code, decimals in CURRENCIES.items()}
)

# More digits than the everyday context has, so that a very large amount is rounded or divided and not refused.
WIDE = Context(prec=1000, rounding=ROUND_HALF_EVEN, Emin=MIN_EMIN, Emax=MAX_EMAX)

_SYMBOLS: Mapping[str, str] = MappingProxyType({"USD": "$", "EUR": "€", "GBP": "£"})
_RATE_DECIMALS = 12  # as many as billing systems keep in a unit price; a sentence has no use for more


class UnknownCurrency(ValueError):  # noqa: N818 - the name says what is wrong
    """The code is no ISO 4217 currency with a minor unit."""


class CurrencyMismatch(ValueError):  # noqa: N818 - the name says what is wrong
    """Two currencies met where only one makes sense."""


class RoundingPolicy(StrEnum):
    """Whether each charge is rounded before it is added up, or only the sum."""

    ROUND_THEN_SUM = "round_then_sum"
    SUM_THEN_ROUND = "sum_then_round"


def exponent(code: str) -> int:
    """How many decimals the currency has: 2 for USD, 0 for JPY, 3 for KWD. Raises `UnknownCurrency`."""
    try:
        return CURRENCIES[code]
    except KeyError:
        raise UnknownCurrency(f"{code!r} is not a currency of ISO 4217") from None


def minor_unit(code: str) -> Decimal:
    """The smallest amount of the currency: 0.01 for USD, 1 for JPY. Raises `UnknownCurrency`."""
    try:
        return _MINOR_UNITS[code]
    except KeyError:
        raise UnknownCurrency(f"{code!r} is not a currency of ISO 4217") from None


def round_to_currency(amount: Decimal, code: str, rounding: str = ROUND_HALF_UP) -> Decimal:
    """The amount in whole minor units; half a unit goes away from zero unless `rounding` says otherwise."""
    return amount.quantize(minor_unit(code), rounding, WIDE)


def has_too_many_decimals(amount: Decimal, code: str) -> bool:
    """Whether the amount cannot be paid exactly: 9.999 in USD, 0.5 in JPY. Trailing zeros do not count."""
    return round_to_currency(amount, code) != amount


@dataclass(frozen=True, slots=True)
class Money:
    """An amount of one currency, not necessarily a whole number of minor units.

    Adding, subtracting and comparing raise `CurrencyMismatch` for two currencies; equality is then simply false.
    """

    amount: Decimal
    currency: str

    @staticmethod
    def from_minor_units(units: int, code: str) -> Money:
        """What an integer of cents, yen or fils stands for."""
        return Money(WIDE.multiply(Decimal(units), minor_unit(code)), code)

    @property
    def is_zero(self) -> bool:
        return not self.amount

    def rounded(self, rounding: str = ROUND_HALF_UP) -> Money:
        """The same money in whole minor units."""
        return Money(round_to_currency(self.amount, self.currency, rounding), self.currency)

    def minor_units(self) -> int:
        """The amount as an integer of minor units, rounded half up: 10.00 USD is 1000, 100 JPY is 100."""
        return int(self.rounded().amount.scaleb(exponent(self.currency), WIDE))

    def __add__(self, other: Money) -> Money:
        self._same_currency(other)
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same_currency(other)
        return Money(self.amount - other.amount, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __mul__(self, factor: Decimal | int) -> Money:
        return Money(self.amount * factor, self.currency)

    __rmul__ = __mul__

    def __lt__(self, other: Money) -> bool:
        self._same_currency(other)
        return self.amount < other.amount

    def __le__(self, other: Money) -> bool:
        self._same_currency(other)
        return self.amount <= other.amount

    def __gt__(self, other: Money) -> bool:
        return other < self

    def __ge__(self, other: Money) -> bool:
        return other <= self

    def __str__(self) -> str:
        return format_amount(self.amount, self.currency)

    def _same_currency(self, other: Money) -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency} cannot be added or compared")


def total(monies: Iterable[Money], currency: str) -> Money:
    """The sum, which is zero of `currency` where there is nothing to add. Raises `CurrencyMismatch`."""
    result = Money(Decimal(0), currency)
    for money in monies:
        result += money
    return result


def allocate(amount: Money, weights: Sequence[Decimal]) -> tuple[Money, ...]:
    """Split money by weight into whole minor units that add up to it exactly.

    The units that do not divide go to the largest remainders, and of equal remainders to the earlier share. Raises
    ValueError for an amount with more decimals than its currency, for a negative weight and where no weight is positive.
    """
    if has_too_many_decimals(amount.amount, amount.currency):
        raise ValueError(f"{amount.amount} {amount.currency} has more decimals than the currency; round it first")
    if any(weight < 0 for weight in weights) or not any(weights):
        raise ValueError("weights are zero or more, and at least one is positive")
    units = amount.minor_units()
    shares = _largest_remainder(abs(units), [Fraction(weight) for weight in weights])
    return tuple(Money.from_minor_units(share if units >= 0 else -share, amount.currency) for share in shares)


def _largest_remainder(units: int, weights: Sequence[Fraction]) -> list[int]:
    whole = sum(weights)
    exact = [units * weight / whole for weight in weights]
    shares = [int(share) for share in exact]
    by_remainder = sorted(range(len(exact)), key=lambda i: shares[i] - exact[i])
    for i in by_remainder[: units - sum(shares)]:
        shares[i] += 1
    return shares


def format_amount(amount: Decimal, code: str) -> str:
    """The amount as a sentence has it: "$14,400", "$0.012", "€1,200.50", "JPY 5,000".

    Whole amounts are written without decimals; others with at least the currency's, and a rate with up to twelve.
    """
    rounded = amount.quantize(Decimal(1).scaleb(-_RATE_DECIMALS), ROUND_HALF_UP, WIDE)
    whole, _, decimals = f"{abs(rounded):,f}".partition(".")
    decimals = decimals.rstrip("0")
    if decimals:
        decimals = "." + decimals.ljust(exponent(code), "0")
    sign = "-" if rounded < 0 else ""
    symbol = _SYMBOLS.get(code, f"{code} ")
    return f"{sign}{symbol}{whole}{decimals}"


def plain(number: Decimal) -> str:
    """The number's one spelling: no exponent, no zeros at the end, no negative zero. "0.012", "5000", "0"."""
    text = f"{number:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


@overload
def amount_string(amount: Decimal, code: str) -> str: ...
@overload
def amount_string(amount: None, code: str) -> None: ...
def amount_string(amount: Decimal | None, code: str) -> str | None:
    """The amount as an answer has it, with exactly the currency's decimals: "9120.00". None stays None."""
    if amount is None:
        return None
    rounded = round_to_currency(amount, code)
    return f"{rounded or abs(rounded):f}"
