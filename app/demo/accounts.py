"""The customers: invented firms in the countries where Northlight sells."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final

from app.demo.randomness import Weighted
from policies.domain.quote import Account

_FIRST: Final = (
    "Harbor", "Alder", "Beacon", "Cinder", "Dovetail", "Eastgate", "Fathom", "Granite", "Hollow", "Ironwood", "Juniper",
    "Kettle", "Lantern", "Meadow", "Nimbus", "Oakline", "Pinnacle", "Quarry", "Riverbend", "Saddle", "Timber", "Upland",
    "Vesper", "Westfall", "Yonder", "Zephyr", "Amber", "Bristle", "Copper", "Driftwood", "Elder", "Foxglove", "Gilded",
    "Heron", "Inlet", "Jasper", "Keystone", "Lark", "Marble", "Northwind",
)  # fmt: skip
_TRADE: Final = (
    "Freightways", "Foods", "Clinics", "Robotics", "Textiles", "Press", "Outfitters", "Mills", "Airways", "Bakeries",
    "Cartons", "Dairies", "Electric", "Furniture", "Gardens", "Hotels", "Insurance", "Jewellers", "Kitchens", "Labs",
    "Motors", "Nurseries", "Optics", "Pharmacies", "Quarries", "Rentals", "Shipping", "Tools", "Utilities", "Vineyards",
    "Watches", "Yachts", "Ceramics", "Games", "Legal", "Media", "Paper", "Seeds", "Software", "Tutoring",
)  # fmt: skip
_PLACE: Final = (
    "", " of Ashford", " of Bexley", " of Corran", " of Dunmore", " of Elmstead", " of Farrow", " of Glenby",
    " of Hartwell", " of Ilsley", " of Kelso", " of Lowick", " of Marden", " of Norham", " of Oakham", " of Penrith",
    " of Redmere", " of Selby", " of Thirsk", " of Ulverley", " of Wexcombe", " of Yarm", " of Arden", " of Brackley",
    " of Camber", " of Denholm", " of Easby", " of Fenwick", " of Garth", " of Holm", " of Ingleby", " of Keld",
    " of Lorton", " of Malham", " of Newby", " of Orton", " of Preston", " of Ribble", " of Stainby", " of Torver",
)  # fmt: skip
_NAMES: Final = len(_FIRST) * len(_TRADE) * len(_PLACE)

_SEGMENTS: Final = Weighted.of([("smb", 0.44), ("midmarket", 0.38), ("enterprise", 0.18)])
_PLACES: Final = Weighted.of(
    [
        (("US", "America/New_York", "USD"), 0.26),
        (("US", "America/Chicago", "USD"), 0.14),
        (("US", "America/Los_Angeles", "USD"), 0.16),
        (("CA", "America/Toronto", "USD"), 0.06),
        (("GB", "Europe/London", "USD"), 0.06),
        (("AU", "Australia/Sydney", "USD"), 0.03),
        (("DE", "Europe/Berlin", "EUR"), 0.10),
        (("FR", "Europe/Paris", "EUR"), 0.05),
        (("NL", "Europe/Amsterdam", "EUR"), 0.04),
        (("IE", "Europe/Dublin", "EUR"), 0.03),
        (("JP", "Asia/Tokyo", "JPY"), 0.07),
    ]
)


@dataclass(frozen=True, slots=True)
class Customer:
    """An account, the currency that it is billed in, and its number, from which its documents' ids are made."""

    number: int
    account: Account
    currency: str

    @property
    def segment(self) -> str:
        return self.account.segment or ""


def customer(rng: Random, number: int, currency: str | None = None) -> Customer:
    """The account with this number; in `currency` where one is asked for."""
    segment = _SEGMENTS.pick(rng)
    country, time_zone, billed_in = _PLACES.pick(rng)
    while currency is not None and billed_in != currency:
        country, time_zone, billed_in = _PLACES.pick(rng)
    account = Account(
        account_id=f"SIM-A-{number:06d}",
        name=_name(number),
        segment=segment,
        country=country,
        time_zone=time_zone,
    )
    return Customer(number, account, billed_in)


def _name(number: int) -> str:
    """Names of 62,400 firms, in an order that does not look like one; beyond that they come again with a numeral."""
    mixed = number * 27_919 % _NAMES
    first, rest = divmod(mixed, len(_TRADE) * len(_PLACE))
    trade, place = divmod(rest, len(_PLACE))
    again = number // _NAMES
    numeral = f" {again + 1}" if again else ""
    return f"{_FIRST[first]} {_TRADE[trade]}{_PLACE[place]}{numeral} (simulated)"
