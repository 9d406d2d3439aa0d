"""catalog.yaml, company.yaml and waivers.yaml are read as people write them; a slip is told with its line."""

from datetime import date, time
from decimal import Decimal
from textwrap import dedent

import pytest

from cpq_hooks.canonical import load_catalog, load_company, read_waivers, to_document
from cpq_hooks.problem import Invalid
from cpq_hooks.yaml_files import read_yaml
from policies.domain.company import FailMode
from policies.domain.finding import Effect
from policies.domain.quote import Stage
from tests.cpq_hooks.refusals import only_problem, places_of
from tests.documents import a_catalog_written, a_company_written


def test_a_catalog_is_read_by_id():
    catalog = load_catalog(a_catalog_written(simulated=True))
    assert catalog.simulated
    assert catalog.price_books["2026"].currency == "USD"
    assert catalog.price("SEAT", "2026", None).floor_price == 80


def test_a_catalog_is_written_as_it_was_read():
    text = """
        price_books:
          - {price_book: 2026-standard, currency: USD, effective_from: 2026-01-01}
        promotions:
          - {kind: launch, duration_months: 3, percent: 10%}
        products:
          - product_id: CALLS
            expected_usage_percent: 120
            requires: [{product_id: CALLS, minimum_acv: 15000.50}]
            billing: {charge_template: t-1, gl_code: 4000, tax_code: 0401}
            prices:
              - {price_book: 2026-standard, price_period: month, list_unit_price: 0.012}
        """
    catalog = load_catalog(read_yaml(dedent(text)))
    assert catalog.products["CALLS"].prices[0].list_unit_price == Decimal("0.012")
    assert catalog.products["CALLS"].billing.gl_code == "4000"
    assert catalog.products["CALLS"].billing.tax_code == "0401"
    assert catalog.promotions["launch"].percent == 10
    assert load_catalog(to_document(catalog)) == catalog


def test_a_slip_is_told_with_its_line_and_the_word_that_was_meant():
    text = """\
        price_books:
          - {price_book: 2026, currency: USD}
        products:
          - product_id: SEAT
            prices:
              - price_book: 2025
                price_period: month
                flor_price: 9
        """
    with pytest.raises(Invalid) as refused:
        load_catalog(read_yaml(dedent(text)))
    assert [str(problem) for problem in refused.value.problems] == [
        'line 8: $.products[0].prices[0].flor_price: there is no field "flor_price" here. Did you mean "floor_price"?',
        'line 6: $.products[0].prices[0].price_book: there is no price book "2025" in this catalog. Did you mean "2026"?',
    ]


def test_names_that_stand_twice_are_refused():
    product = a_catalog_written()["products"][0]
    price = product["prices"][0]
    assert places_of(load_catalog, a_catalog_written(products=[product, product])) == [
        ("$.products[1].product_id", "duplicate")
    ]
    twice = product | {"prices": [price, price | {"segment": "smb"}, price]}
    assert places_of(load_catalog, a_catalog_written(products=[twice])) == [("$.products[0].prices[2]", "duplicate")]


def test_a_companion_is_a_product_of_the_catalog():
    product = a_catalog_written()["products"][0] | {"requires": [{"product_id": "SEATS"}]}
    path, message = only_problem(load_catalog, a_catalog_written(products=[product]))
    assert path == "$.products[0].requires[0].product_id"
    assert message == 'there is no product "SEATS" in this catalog. Did you mean "SEAT"?'


def test_a_price_book_ends_after_it_begins():
    book = {"price_book": "2026", "currency": "USD", "effective_from": "2026-02-01", "effective_to": "2026-01-31"}
    assert places_of(load_catalog, a_catalog_written(price_books=[book])) == [
        ("$.price_books[0].effective_to", "ends_before_start")
    ]


def test_a_company_is_read_as_people_write_it():
    text = """
        name: Acme
        currency: USD
        discount_authority:
          ladder: [ae, manager]
          rules:
            - {role: ae, maximum_discount_percent: 12.5%}
            - {role: manager, maximum_discount_percent: "20", deal_size_up_to: 50000}
        payment_terms: {standard_days: 30, approver: finance, standard_frequencies: [annual]}
        fail_modes: {draft: open, sent: hold}
        calendar: {time_zone: Europe/Berlin, weekdays: [Monday, tue, 3], opens: 8:30, closes: 17:00, holidays: [2026-12-25]}
        approval_hours: {manager: 8}
        policy_overrides: {line-price-floor: {effect: flag}}
        """
    company = load_company(read_yaml(dedent(text)))
    assert company.discount_authority.rules[0].maximum_discount_percent == Decimal("12.5")
    assert company.fail_modes == {Stage.DRAFT: FailMode.OPEN, Stage.SENT: FailMode.HOLD}
    assert company.calendar.weekdays == (1, 2, 3)
    assert (company.calendar.opens, company.calendar.holidays) == (time(8, 30), (date(2026, 12, 25),))
    assert company.policy_overrides["line-price-floor"].effect is Effect.FLAG
    assert load_company(to_document(company)) == company


@pytest.mark.parametrize(
    ("fields", "path", "message"),
    [
        (
            {"discount_authority": {"ladder": ["ae"], "rules": [{"role": "AE", "maximum_discount_percent": 5}]}},
            "$.discount_authority.rules[0].role",
            'the role "AE" is not on the ladder. Did you mean "ae"?',
        ),
        (
            {"discount_authority": {"ladder": ["ae", "ae"], "rules": [{"role": "ae", "maximum_discount_percent": 5}]}},
            "$.discount_authority.ladder[1]",
            'the role "ae" stands twice on the ladder: keep one',
        ),
        ({"fail_modes": {"sent": "halt"}}, "$.fail_modes.sent", '"halt" is not one of open or hold.'),
        (
            {"fail_modes": {"snet": "hold"}},
            "$.fail_modes.snet",
            '"snet" is not one of draft, submitted, sent or accepted. Did you mean "sent"?',
        ),
        (
            {"calendar": {"opens": "17:00", "closes": "09:00"}},
            "$.calendar.closes",
            "the desk closes before it opens: write times of one day",
        ),
        (
            {"calendar": {"opens": "9"}},
            "$.calendar.opens",
            '"9" is not a time of day: write hours and minutes, such as "09:00"',
        ),
        (
            {"calendar": {"weekdays": ["mo"]}},
            "$.calendar.weekdays[0]",
            '"mo" is not one of monday, tuesday, wednesday, thursday, friday, saturday or sunday, or 1 to 7.',
        ),
        (
            {"approval_hours": {"manager": None}},
            "$.approval_hours.manager",
            "approval_hours is null, but it is needed: Hours.",
        ),
        ({"approval_hours": ["manager"]}, "$.approval_hours", "a list is not a table: write each name with its value"),
        (
            {"term": {"minimum_months": 24, "maximum_months": 12}},
            "$.term.maximum_months",
            "maximum_months is below minimum_months",
        ),
        ({"thresholds": {"alert_probability": 90}}, "$.thresholds.alert_probability", "90 is more than 1"),
        (
            {"discount_autority": {}},
            "$.discount_autority",
            'there is no field "discount_autority" here. Did you mean "discount_authority"?',
        ),
    ],
)
def test_slips_in_a_companys_numbers_are_refused(fields, path, message):
    assert only_problem(load_company, a_company_written(**fields)) == (path, message)


def test_waivers_are_read_and_an_empty_file_has_none():
    text = "waivers:\n- {policy_id: p, subject_id: Q-1, owner: dana, reason: Pilot., expires_on: 2026-06-30, line_ids: [1]}\n"
    (waiver,) = read_waivers(read_yaml(text))
    assert (waiver.expires_on, waiver.line_ids) == (date(2026, 6, 30), ("1",))
    assert read_waivers(read_yaml("# none yet\n")) == ()


def test_a_waiver_has_an_owner_a_reason_and_an_end():
    with pytest.raises(Invalid) as refused:
        read_waivers(read_yaml("waivers:\n- policy_id: p\n  subject_id: Q-1\n"))
    assert [(problem.path, problem.line) for problem in refused.value.problems] == [
        ("$.waivers[0].owner", 2),
        ("$.waivers[0].reason", 2),
        ("$.waivers[0].expires_on", 2),
    ]


def test_a_file_that_is_no_yaml_is_refused_with_its_line():
    with pytest.raises(Invalid) as refused:
        read_yaml("name: Acme\nname: Other\ncurrency: [")
    assert refused.value.problems[0].line == 3
    with pytest.raises(Invalid, match=r"line 2: .*twice"):
        read_yaml("name: Acme\nname: Other\n")


@pytest.mark.parametrize("text", ["", "# nothing\n", "- 1\n", "text\n"])
def test_a_file_without_a_table_is_refused(text):
    with pytest.raises(Invalid, match="is not an object"):
        load_catalog(read_yaml(text))


def test_the_watch_and_the_gate_have_their_defaults_until_the_company_says_otherwise():
    company = load_company(a_company_written(watch={"renewal_days": 120}, first_invoice={"hold_flagged": True}))
    assert (company.watch.renewal_days, company.watch.discount_end_days) == (120, 30)
    assert (company.first_invoice.hold_flagged, company.first_invoice.escalate_business_days) == (True, 3)
    assert load_company(to_document(company)) == company


def test_a_slip_in_the_watch_is_told():
    path, message = only_problem(load_company, a_company_written(watch={"renewal_day": 120}))
    assert path == "$.watch.renewal_day"
    assert "renewal_days" in message
