"""Kill Bill's catalogs, subscriptions and invoices in canonical form: every number here was worked out by hand."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from cpq_hooks.adapter import NotUnderstood, Shape
from cpq_hooks.adapters.killbill import ADAPTER
from cpq_hooks.canonical import load_billing_configuration, load_invoice
from cpq_hooks.problem import Invalid
from cpq_hooks.reading import Malformed, read_json
from policies.domain.rating import rate
from tests.cpq_hooks.adapters.killbill_objects import (
    a_block,
    a_catalog,
    a_connection,
    a_phase,
    a_trial,
    a_usage,
    an_invoice,
    an_item,
    wrapped,
)

FIXTURES = Path(__file__).parents[4] / "shared" / "fixtures" / "killbill" / "catalogs"


def _load(found):
    return load_billing_configuration(json.loads(json.dumps(found.document)))


def _plans(raw, **options):
    return ADAPTER.translate(ADAPTER.parse(raw), Shape.BILLING_CONFIGURATION, a_connection(**options))


def _plan(raw, **options):
    (found,) = _plans(raw, **options)
    return found, _load(found)


def _subscription(payload):
    (found,) = ADAPTER.translate(read_json(json.dumps(payload).encode()), Shape.BILLING_CONFIGURATION, a_connection())
    return found, _load(found)


def test_a_plan_of_a_catalog_has_its_price_period_and_timing():
    _, configuration = _plan(a_catalog())
    terms = configuration.charges[0].terms
    assert (terms.net_unit_price, terms.price_period, terms.billing_frequency, terms.billing_timing) == (
        Decimal(100),
        "month",
        "monthly",
        "in_advance",
    )
    assert _plan(a_catalog(mode="IN_ARREAR"))[1].charges[0].terms.billing_timing == "in_arrears"


@pytest.mark.parametrize(
    ("name", "period", "frequency", "price"),
    [("QUARTERLY", "quarter", "quarterly", "100"), ("BIANNUAL", "quarter", "semiannual", "50"), ("ANNUAL", "year", "annual", "100"),
     ("BIENNIAL", "year", None, "50"), ("TRIANNUAL", "month", None, "25"), ("WEEKLY", None, None, "100")],
)  # fmt: skip
def test_billing_periods_have_their_own_words(name, period, frequency, price):
    terms = _plan(a_catalog(a_phase(period=name)))[1].charges[0].terms
    assert (terms.price_period, terms.billing_frequency, terms.net_unit_price) == (period, frequency, Decimal(price))


def test_a_trial_is_days_and_a_discount_ends_after_its_periods():
    discount = a_phase("DISCOUNT", "60", unit="MONTHS", number=3, tag="phase")
    charge = _plan(a_catalog(a_phase(), a_trial(14), discount))[1].charges[0]
    assert (charge.trial_days, charge.terms.net_unit_price, charge.terms.list_unit_price) == (
        14,
        Decimal(60),
        Decimal(100),
    )
    assert (charge.terms.discounts[0].amount, charge.terms.discounts[0].periods) == (Decimal(40), 3)


@pytest.mark.parametrize(("policy", "amount"), [("ALL_TIERS", "2000"), ("TOP_TIER", "1500")])
def test_the_policy_of_tiers_decides_what_the_same_use_costs(policy, amount):
    """Use of 300, the first 100 at 10 and the rest at 5: 1,000 + 1,000, or all of it at 5."""
    usage = a_usage(a_block("10", "100"), a_block("5"), policy=policy)
    terms = _plan(a_catalog(a_phase(price=None, usages=usage)))[1].charges[0].terms
    assert rate(terms, Decimal(300)).amount == Decimal(amount)


def test_a_tiers_maximum_counts_blocks_and_the_last_one_ends():
    found, configuration = _plan(a_catalog(a_phase(price=None, usages=a_usage(a_block("2", "5"), a_block("1", "10")))))
    assert [each.up_to for each in configuration.charges[0].terms.tiers] == [Decimal(5), Decimal(15)]
    assert any("is not billed at all" in note for note in found.notes)


def test_one_tier_of_blocks_is_a_package_and_several_are_said():
    terms = _plan(a_catalog(a_phase(price=None, usages=a_usage(a_block("3", size="100")))))[1].charges[0].terms
    assert rate(terms, Decimal(250)).amount == Decimal(9)
    found, _ = _plan(
        a_catalog(a_phase(price=None, usages=a_usage(a_block("3", "2", "100"), a_block("2", "-1", "100"))))
    )
    assert any("a started block" in note for note in found.notes)


def test_capacity_is_the_price_of_the_tier_that_the_peak_is_in():
    tiers = "".join(
        f"<tier><limits><limit><unit>seats</unit><max>{most}</max></limit></limits><recurringPrice><price><currency>USD</currency>"
        f"<value>{price}</value></price></recurringPrice></tier>" for most, price in ((10, 50), (-1, 80))
    )  # fmt: skip
    terms = _plan(a_catalog(a_phase(price=None, usages=a_usage(tiers, kind="CAPACITY"))))[1].charges[0].terms
    assert (terms.quantity_basis, rate(terms, Decimal(10)).amount, rate(terms, Decimal(11)).amount) == (
        "peak",
        Decimal(50),
        Decimal(80),
    )


def test_a_fixed_price_comes_once():
    _, configuration = _plan(a_catalog(a_phase(fixed="250")))
    once = {each.terms.charge_type: each.terms.net_unit_price for each in configuration.charges}
    assert once == {"recurring": Decimal(100), "one_time": Decimal(250)}


@pytest.mark.parametrize(
    ("raw", "word"),
    [
        (a_catalog(product="seat"), "which is not in the catalog"),
        (a_catalog(a_phase(), a_phase(tag="phase")), "never ends, so no phase can follow"),
        (a_catalog(a_phase("TRIAL")), "cannot be the last one"),
        (a_catalog(a_phase("FIXEDTERM")), "has to have an end"),
        (a_catalog(a_phase(number=1)), "has the number 1"),
        (a_catalog(a_phase("FIXEDTERM", unit="MONTHS")), "has no number"),
        (a_catalog(rules="<billingAlignment>" + 2 * "<billingAlignmentCase><alignment>ACCOUNT</alignment></billingAlignmentCase>"
                   + "</billingAlignment>"), "has 2 cases for everything else"),
    ],
)  # fmt: skip
def test_a_catalog_that_cannot_bill_as_it_looks_is_refused_in_words(raw, word):
    with pytest.raises(Invalid, match=word):
        _plans(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b"<catalog>", b"<", b'<!DOCTYPE x [<!ENTITY a "b"><!ENTITY c "&a;&a;">]><catalog>&c;</catalog>',
        b'<!DOCTYPE x SYSTEM "http://evil.example/x"><catalog/>', b'<?xml version="1.0" encoding="nonsense"?><catalog/>', b"<a>\xff</a>",
    ],
)  # fmt: skip
def test_xml_that_is_broken_or_a_bomb_is_malformed(raw):
    with pytest.raises(Malformed):
        ADAPTER.parse(raw)


@pytest.mark.parametrize("payload", [{"unknown": "html"}, {}, [], 7, {"catalog": {"name": "x"}}, {"catalog": [1]}])
def test_what_is_no_catalog_is_not_understood(payload):
    with pytest.raises(NotUnderstood):
        ADAPTER.translate(payload, Shape.BILLING_CONFIGURATION, a_connection())


# ------------------------------------------------------------------------------------------- subscriptions


def test_a_subscription_has_its_own_prices_and_the_catalogs_timing():
    found, configuration = _subscription(
        wrapped(ADAPTER.parse(a_catalog()), custom=[{"name": "agreement_id", "value": "A-1"}])
    )
    charge = configuration.charges[0]
    assert (configuration.billing_configuration_id, configuration.agreement_id, configuration.status) == (
        "sub-1",
        "A-1",
        "ACTIVE",
    )
    assert (charge.terms.net_unit_price, charge.terms.billing_timing, configuration.billing_anchor_day) == (
        Decimal(90),
        "in_advance",
        1,
    )
    assert (configuration.time_zone, configuration.auto_renew) == ("America/New_York", True)
    assert any("a price of its own" in note for note in found.notes)
    assert found.unused == ()


def test_phases_are_steps_of_a_ramp_once_it_is_known_when_they_begin():
    catalog = ADAPTER.parse(
        a_catalog(a_phase(), a_trial(31), a_phase("DISCOUNT", "60", unit="MONTHS", number=3, tag="phase"))
    )
    charge = _subscription(wrapped(catalog, prices=[]))[1].charges[0]
    assert charge.trial_days == 31
    assert [(each.start_date, each.end_date, each.net_unit_price) for each in charge.terms.ramp] == [
        (date(2026, 1, 1), date(2026, 4, 30), Decimal(60)),
        (date(2026, 5, 1), None, Decimal(100)),
    ]


def test_events_date_the_phases_where_the_subscription_tells_of_them():
    events = [
        {"eventType": "START_BILLING", "effectiveDate": "2026-01-01", "phase": "seat-monthly-discount"},
        {"eventType": "PHASE", "effectiveDate": "2026-03-01", "phase": "seat-monthly-evergreen"},
    ]
    catalog = ADAPTER.parse(a_catalog(a_phase(), a_phase("DISCOUNT", "60", unit="MONTHS", number=3, tag="phase")))
    ramp = _subscription(wrapped(catalog, prices=[], events=events))[1].charges[0].terms.ramp
    assert [each.start_date for each in ramp] == [date(2026, 1, 1), date(2026, 3, 1)]


def test_a_fixed_term_ends_and_so_does_what_is_canceled():
    catalog = ADAPTER.parse(a_catalog(a_phase("FIXEDTERM", unit="MONTHS", number=12)))
    _, configuration = _subscription(wrapped(catalog, prices=[]))
    assert (configuration.charges[0].terms.end_date, configuration.auto_renew) == (date(2026, 12, 31), False)
    _, canceled = _subscription(wrapped(ADAPTER.parse(a_catalog()), billingEndDate="2026-06-01", state="CANCELLED"))
    assert (canceled.charges[0].terms.end_date, canceled.auto_renew) == (date(2026, 5, 31), False)


def test_an_overridden_plan_is_found_by_its_first_name():
    prices = [{"planName": "seat-monthly-7", "phaseType": "EVERGREEN", "recurringPrice": 75}]
    charge = _subscription(wrapped(ADAPTER.parse(a_catalog()), planName="seat-monthly-7", prices=prices))[1].charges[0]
    assert (charge.terms.net_unit_price, charge.terms.billing_timing) == (Decimal(75), "in_advance")


def test_usage_prices_of_its_own_go_before_the_catalogs():
    catalog = ADAPTER.parse(a_catalog(a_phase(price=None, usages=a_usage(a_block("2")))))
    own = [
        {
            "usageName": "calls",
            "tierPrices": [{"blockPrices": [{"unitName": "call", "size": 1, "price": 1.5, "max": -1}]}],
        }
    ]
    charge = _subscription(
        wrapped(catalog, prices=[{"planName": "seat-monthly", "phaseType": "EVERGREEN", "usagePrices": own}])
    )[1].charges[0]
    assert charge.terms.net_unit_price == Decimal("1.5")


def test_without_a_catalog_the_prices_serve_and_what_is_missing_is_said():
    found, configuration = _subscription(wrapped())
    assert (configuration.charges[0].terms.net_unit_price, configuration.charges[0].terms.billing_timing) == (
        Decimal(90),
        None,
    )
    assert any("is in the catalog" in note for note in found.notes)
    with pytest.raises(Invalid, match="neither the prices"):
        _subscription(wrapped(prices=[]))


def test_blocked_billing_and_the_tag_that_stops_invoices_are_seen():
    events = [{"eventType": "PAUSE_BILLING", "effectiveDate": "2026-02-01", "isBlockedBilling": True}]
    tags = [{"tagDefinitionName": "AUTO_INVOICING_OFF"}]
    found, configuration = _subscription(wrapped(events=events, tags=tags))
    assert configuration.status == "BLOCKED"
    assert found.document["tags"] == ["AUTO_INVOICING_OFF"]
    ours, _ = _subscription(
        wrapped(tags=tags, custom=[{"name": "quoteguard_hold", "value": "dec_1", "customFieldId": "f1"}])
    )
    assert "tags" not in ours.document
    assert any("Quoteguard's own hold" in note for note in ours.notes)


def test_an_invoice_has_its_items_and_its_days():
    items = [
        an_item(),
        an_item("TAX", 9, startDate="2026-02-01", endDate=None),
        an_item("CBA_ADJ", -20),
        an_item("USAGE", 12, usageName="calls"),
    ]
    (found,) = ADAPTER.translate(
        read_json(json.dumps(an_invoice(*items, amount=121)).encode()), Shape.INVOICE, a_connection()
    )
    invoice = load_invoice(json.loads(json.dumps(found.document)))
    assert [(each.kind, each.amount) for each in invoice.lines] == [
        ("recurring", Decimal(100)),
        ("tax", Decimal(9)),
        ("usage", Decimal(12)),
    ]
    assert (invoice.lines[0].period_end, invoice.total, invoice.lines[0].charge_id) == (
        date(2026, 2, 28),
        Decimal(121),
        "sub-1:seat-monthly",
    )


def test_a_dry_run_is_a_preview():
    (found,) = ADAPTER.translate({"invoice": an_invoice(an_item(), invoiceId=None)}, Shape.INVOICE, a_connection())
    assert any("dry run" in note for note in found.notes)


# ------------------------------------------------------------------------------- the vendor's own fixtures


def _fixture(name):
    path = FIXTURES / name
    if not path.exists():
        pytest.skip("the vendor's fixtures are not here")
    return path.read_bytes()


@pytest.mark.parametrize(
    ("name", "plan", "prices"),
    [
        ("catalog__SpyCarAdvanced.xml", "discount-standard-monthly", {"Standard": "66"}),
        ("catalog__SpyCarBasic.xml", "super-monthly", {"Super": "1000"}),
        ("catalog__UsageExperimental.xml", "chocolate-monthly", {"Chocolate": "30", "Chocolate:chocolate-videos": None}),
        ("catalog__WeaponsHireSmall.xml", "pistol-monthly", {"Pistol": "29.95", "Pistol:usage1": "1.95"}),
        ("testCatalogDiscountAndEvergreen__discount-and-evergreen.xml", "standard-monthly", {"Standard": "4.95"}),
        ("testCatalogFixedTerm__WeaponsHireSmall.xml", "pistol-biennial-inarrear", {"pistol": "20"}),
        ("testCatalogValidation__CatalogValidation-v4-valid.xml", "standard-monthly", {"Standard": "24.95"}),
        ("testCatalogWithEffectiveDateForExistingSubscriptions__WaterUtility-v1.xml", "water-monthly", {"Water:liter": None}),
        ("testCatalogWithEffectiveDateForExistingSubscriptions__WaterUtility-v2.xml", "plumber-insurance-monthly-no-trial",
         {"PlumberInsurance": "59.95"}),
        ("testUsagePriceOverrides__catalog.xml", "bullets-usage-in-arrear", {"Bullets": "6.05", "Bullets:bullets": "1"}),
    ],
)  # fmt: skip
def test_the_catalogs_of_kill_bills_own_tests(name, plan, prices):
    _, configuration = _plan(_fixture(name), plan=plan)
    found = {each.terms.product_id: each.terms.net_unit_price for each in configuration.charges}
    assert found == {product: None if price is None else Decimal(price) for product, price in prices.items()}


@pytest.mark.parametrize(
    ("name", "plan", "use", "amount"),
    [
        ("catalog__SpyCarAdvanced.xml", "gas-monthly-2-tiers", 150, "642.5"),  # 100 x 3.95 + 50 x 4.95
        ("catalog__UsageExperimental.xml", "chocolate-monthly", 8, "13"),  # 5 x 2 + 3 x 1
        (
            "testCatalogWithEffectiveDateForExistingSubscriptions__WaterUtility-v1.xml",
            "water-monthly",
            1200,
            "1900",
        ),  # 1,500 + 400
    ],
)
def test_the_usage_of_kill_bills_own_catalogs(name, plan, use, amount):
    _, configuration = _plan(_fixture(name), plan=plan)
    assert rate(configuration.charges[-1].terms, Decimal(use)).amount == Decimal(amount)


def test_every_plan_of_every_valid_catalog_loads():
    if not FIXTURES.exists():
        pytest.skip("the vendor's fixtures are not here")
    valid = [
        each
        for each in sorted(FIXTURES.glob("*.xml"))
        if "invalid" not in each.name and "ValidationErrors" not in each.name
    ]
    assert sum(len([_load(found) for found in _plans(each.read_bytes())]) for each in valid) == 36


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("catalog__CatalogWithValidationErrors.xml", "2 cases for fromProduct Standard"),
        ("testCatalogValidation__CatalogValidation-v1-invalid.xml", "its duration is UNLIMITED"),
    ],
)
def test_the_invalid_catalogs_are_refused_in_words(name, word):
    with pytest.raises(Invalid, match=word):
        _plans(_fixture(name))
