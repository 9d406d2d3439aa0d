"""What the books take from a recorded decision: whose deal it is, what was found on which line, and how much money that is.

Everything is read from the bytes of the record, so that counting again from the record gives the same counts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from typing import Any, Final

from policies.domain.money import CURRENCIES

Json = Mapping[str, Any]
LONGEST_NAME: Final = 200
MOST_PRODUCTS: Final = 100
OTHERS: Final = "(others)"
_SIDES: Final = ("under", "over")
_A_YEAR: Final = {"month": 12, "quarter": 4, "year": 1}
_NOTHING: Final[Json] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class LineMoney:
    """The money that findings own on one line, in minor units; `line_id` is "" for the whole document.

    `flagged` is the part that nobody consented to. `fields` are those that the largest finding rests on.
    """

    line_id: str
    side: str
    pattern: str
    policy_id: str
    finding_id: str
    product_id: str
    at_risk: int
    flagged: int
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingFact:
    """One finding in short. `amounts` are what it owns, by side, in minor units."""

    policy_id: str
    pattern: str
    effect: str
    consented: bool
    under: int = 0
    over: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionFacts:
    """A decision as the books see it. Amounts are minor units of `currency`; `discount` is in hundredths of a percent.

    `annual` is the yearly price of the recurring lines as stated, for sorting deals by size and not for billing.
    """

    decision_id: str
    at: str
    subject_type: str
    subject_id: str
    content_hash: str
    verdict: str
    currency: str
    rep_id: str = ""
    role: str = ""
    account_id: str = ""
    segment: str = ""
    source: str = ""
    tier: str = ""
    stage: str = ""
    products: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    findings: tuple[FindingFact, ...] = ()
    lines: tuple[LineMoney, ...] = ()
    under: int = 0
    over: int = 0
    annual: int | None = None
    discount: int | None = None

    @property
    def day(self) -> str:
        """The day of the decision in UTC."""
        return self.at[:10]


def read(raw: bytes | None) -> Json:
    """A JSON object out of the record; empty for anything else."""
    try:
        found = json.loads(raw or b"{}")
    except ValueError:
        return _NOTHING
    return found if isinstance(found, dict) else _NOTHING


def minor(amount: object, currency: str) -> int:
    """An amount as whole minor units, rounded half up; 0 for what is no amount."""
    try:
        value = Decimal(str(amount)).scaleb(CURRENCIES.get(currency, 2))
        return int((value + (Decimal("0.5") if value >= 0 else Decimal("-0.5"))).to_integral_value("ROUND_DOWN"))
    except (InvalidOperation, ValueError, OverflowError):
        return 0


def name_of(value: object) -> str:
    """A customer's word as the books group by it: short, and without what no database takes."""
    text = value if isinstance(value, str) else ""
    return text[:LONGEST_NAME].encode("utf-8", "replace").decode("utf-8").replace("\x00", "\ufffd")


def lines_of(document: Json) -> dict[str, Json]:
    """The lines of a quote or agreement, or the charges of a billing configuration, by the id that findings name."""
    found: dict[str, Json] = {}
    for each in _objects(document.get("lines")) or _objects(document.get("charges")):
        for name in ("line_id", "quote_line_id", "charge_id"):
            if isinstance(each.get(name), str):
                found.setdefault(each[name], each)
    return found


def line_money(findings: Sequence[Json], products: Mapping[str, str], currency: str) -> tuple[LineMoney, ...]:
    """The money by line and side. A finding whose money another one owns, and one in shadow, has none."""
    cells: dict[tuple[str, str], list[tuple[int, Json]]] = {}
    for finding in findings:
        side = str(finding.get("direction"))
        if side not in _SIDES or finding.get("effect") == "shadow" or finding.get("root") is not None:
            continue
        for line_id, amount in _amounts(finding, currency):
            if amount > 0:
                cells.setdefault((line_id, side), []).append((amount, finding))
    return tuple(_line(line_id, side, those, products) for (line_id, side), those in sorted(cells.items()))


def facts_of(summary: Json, document: Json, request: Json) -> DecisionFacts:
    """The facts of a decision, from its summary's columns, its answer and its request."""
    currency = str(summary["currency"])
    stated = _objects(request.get("lines")) or _objects(request.get("charges"))
    products = {line_id: name_of(line.get("product_id")) for line_id, line in lines_of(request).items()}
    findings = _objects(document.get("findings"))
    money = line_money(findings, products, currency)
    rep, risk = _object(request.get("rep")), _object(document.get("risk"))
    agreement = _object(request.get("agreement"))
    account = _object(request.get("account")) or _object(agreement.get("account"))
    return DecisionFacts(
        decision_id=str(summary["decision_id"]),
        at=str(summary["at"]),
        subject_type=str(summary["subject_type"]),
        subject_id=str(summary["subject_id"]),
        content_hash=str(summary["content_hash"]),
        verdict=str(summary["verdict"]),
        currency=currency,
        rep_id=name_of(summary["rep_id"]),
        role=name_of(rep.get("role")),
        account_id=name_of(summary["account_id"]),
        segment=name_of(account.get("segment")),
        source=name_of(summary["source"]),
        tier=name_of(risk.get("tier")),
        stage=name_of(request.get("stage")),
        products=_products(products.values()),
        families=_products(_family(each) for each in stated),
        findings=tuple(_finding(each, currency) for each in findings),
        lines=money,
        under=sum(each.at_risk for each in money if each.side == "under"),
        over=sum(each.at_risk for each in money if each.side == "over"),
        annual=_annual(stated, currency),
        discount=max((each for each in map(_discount, stated) if each is not None), default=None),
    )


def _line(line_id: str, side: str, those: list[tuple[int, Json]], products: Mapping[str, str]) -> LineMoney:
    _, owner = max(those, key=lambda each: (each[0], str(each[1].get("policy_id"))))
    fields = [str(each.get("field")) for each in _objects(owner.get("evidence"))]
    return LineMoney(
        line_id=line_id,
        side=side,
        pattern=name_of(owner.get("pattern")),
        policy_id=name_of(owner.get("policy_id")),
        finding_id=name_of(owner.get("finding_id")),
        product_id=products.get(line_id, ""),
        at_risk=sum(amount for amount, _ in those),
        flagged=sum(amount for amount, finding in those if not _consented(finding)),
        fields=tuple(dict.fromkeys(fields))[:20],
    )


def _amounts(finding: Json, currency: str) -> Iterator[tuple[str, int]]:
    exposures = _objects(finding.get("exposures"))
    for each in exposures:
        yield name_of(each.get("line_id")), minor(each.get("amount"), currency)
    if not exposures:
        at_risk = _object(finding.get("amount_at_risk"))
        line_ids = finding.get("line_ids") or [""]
        amount = minor(at_risk.get("remaining_term") or 0, currency) + minor(at_risk.get("already_lost") or 0, currency)
        yield name_of(line_ids[0]) if len(line_ids) == 1 else "", amount


def _finding(finding: Json, currency: str) -> FindingFact:
    side = str(finding.get("direction"))
    owns = side in _SIDES and finding.get("effect") != "shadow" and finding.get("root") is None
    amount = sum(each for _, each in _amounts(finding, currency) if each > 0) if owns else 0
    return FindingFact(
        policy_id=name_of(finding.get("policy_id")),
        pattern=name_of(finding.get("pattern")),
        effect=str(finding.get("effect")),
        consented=_consented(finding),
        under=amount if side == "under" else 0,
        over=amount if side == "over" else 0,
    )


def _consented(finding: Json) -> bool:
    return bool(finding.get("approved_by") or finding.get("waived_by"))


def _products(names: Any) -> tuple[str, ...]:
    found = sorted(set(names) - {""})
    return tuple(found if len(found) <= MOST_PRODUCTS else [*found[:MOST_PRODUCTS], OTHERS])


def _family(line: Json) -> str:
    """The product family that a line states; where it states none, its product stands for one."""
    return name_of(line.get("product_family")) or name_of(line.get("product_id"))


def products_key(products: Sequence[str]) -> str:
    """A short word for a set of products: two deals over the same ones have the same."""
    return sha256("\x1f".join(products).encode()).hexdigest()[:16] if products else ""


def _annual(lines: Sequence[Json], currency: str) -> int | None:
    """None where no recurring line states quantity and price for a period of known length."""
    amounts = [_yearly(each) for each in lines if each.get("charge_type") == "recurring"]
    known = [each for each in amounts if each is not None]
    return minor(sum(known), currency) if known else None


def _yearly(line: Json) -> Decimal | None:
    price, quantity = _number(line.get("net_unit_price")), _number(line.get("quantity"))
    times = _A_YEAR.get(str(line.get("price_period")))
    if price is None or times is None:
        return None
    return price * times * (Decimal(1) if quantity is None else quantity)


def _discount(line: Json) -> int | None:
    """By list and net price; else by the percentages that are stated, one upon the other."""
    listed, net = _number(line.get("list_unit_price")), _number(line.get("net_unit_price"))
    if listed and net is not None and listed > 0:
        return int((1 - net / listed) * 10_000)
    percents = [_number(line.get("discount_percent"))]
    percents += [_number(each.get("percent")) for each in _objects(line.get("discounts"))]
    left = Decimal(1)
    for percent in percents:
        left *= 1 - (percent or Decimal(0)) / 100
    return int((1 - left) * 10_000) if any(each is not None for each in percents) else None


def _number(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() and abs(found) < Decimal(10) ** 15 else None


def _object(value: object) -> Json:
    return value if isinstance(value, dict) else _NOTHING


def _objects(value: object) -> list[Json]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
