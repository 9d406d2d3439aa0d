"""Tariffs as hypothesis draws them: every charge model with every part of it that can be stated."""

from decimal import Decimal

from hypothesis import strategies as st

from policies.domain.charge import ChargeModel, ChargeType, Line, Package, PackageRounding, Percentage, Tier

MODELS = tuple(ChargeModel)
_GRAINS = (Decimal(1), Decimal(1), Decimal("0.5"), Decimal("0.1"), Decimal("0.25"))
_DIGITS = (0, 1, 2, 2, 3, 4, 6, 12)

WHOLE = st.integers(0, 99_999)
PRICES = st.builds(lambda number, digits: Decimal(number).scaleb(-digits), WHOLE, st.sampled_from(_DIGITS))
MAYBE_PRICES = st.none() | PRICES
AMOUNTS = (st.integers(0, 9_999) | st.integers(0, 2_000_000)).map(lambda cents: Decimal(cents).scaleb(-2))
_RARELY = st.integers(0, 9).map(lambda number: number == 0)


@st.composite
def tier_tables(draw, grain=Decimal(1), model=ChargeModel.GRADUATED):
    """Up to six tiers whose bounds are grains; a stairstep states fees, and now and then a table states too little."""
    bounds = sorted(draw(st.sets(st.integers(1, 120), max_size=5)))
    fees = PRICES if model is ChargeModel.STAIRSTEP else MAYBE_PRICES
    tiers = [
        Tier(up_to=bound * grain, unit_price=draw(MAYBE_PRICES if bound % 7 == 0 else PRICES), flat_fee=draw(fees))
        for bound in bounds
    ]
    last = None if not bounds or not draw(_RARELY) else Decimal(121) * grain
    return (*tiers, Tier(up_to=last, unit_price=draw(PRICES), flat_fee=draw(fees)))


PERCENTAGES = st.builds(
    Percentage,
    rate_percent=st.integers(0, 10_000).map(lambda number: Decimal(number).scaleb(-2)),
    fixed_amount=MAYBE_PRICES,
    minimum=MAYBE_PRICES,
    maximum=MAYBE_PRICES,
    free_amount=st.none() | st.integers(0, 300).map(Decimal),
)


@st.composite
def tariffs(draw, models=MODELS, grain=None):
    """A line, recurring or metered, that says what every quantity costs (nearly always), and the grain of its bounds."""
    grain = draw(st.sampled_from(_GRAINS)) if grain is None else grain
    model = draw(st.sampled_from(models))
    terms = {"net_unit_price": draw(PRICES), "charge_model": model}
    if model in {ChargeModel.GRADUATED, ChargeModel.VOLUME, ChargeModel.STAIRSTEP}:
        terms["tiers"] = draw(tier_tables(grain, model))
    elif model is ChargeModel.PACKAGE:
        size = draw(st.integers(1, 50)) * grain
        terms["package"] = Package(size=size, rounding=draw(st.sampled_from(PackageRounding)))
    elif model is ChargeModel.PERCENTAGE:
        terms["percentage"] = draw(PERCENTAGES)
    charge_type = draw(st.sampled_from((ChargeType.RECURRING, ChargeType.USAGE)))
    terms |= draw(allowances(grain)) | draw(limits())
    return Line(line_id="1", product_id="P", charge_type=charge_type, **terms), grain


@st.composite
def allowances(draw, grain):
    """Usually none; else free units, with or without a price beyond them, a hard stop or no end at all."""
    kind = draw(st.integers(0, 7))
    if kind > 3:
        return {}
    if kind == 3:
        return {"included_unlimited": True}
    allowance = {"included_quantity": draw(st.integers(0, 60)) * grain, "overage_unit_price": draw(MAYBE_PRICES)}
    return allowance | ({"hard_cap": True} if kind == 2 else {})


@st.composite
def limits(draw):
    """Usually neither minimum nor maximum; they may contradict each other."""
    kind = draw(st.integers(0, 7))
    return {
        name: draw(AMOUNTS) for name, kinds in (("minimum_amount", (0, 1)), ("maximum_amount", (1, 2))) if kind in kinds
    }


@st.composite
def quantities(draw, line, grain):
    """A quantity that can tell two tariffs apart: on, just below or just above an edge, or anywhere."""
    edges = [tier.up_to for tier in line.tiers if tier.up_to is not None]
    edges += [each for each in (line.included_quantity, line.package and line.package.size) if each is not None]
    base = draw(st.sampled_from(edges)) if edges and draw(st.booleans()) else draw(st.integers(0, 180)) * grain
    return max(Decimal(0), base + draw(st.sampled_from((-1, 0, 0, 1))) * grain)
