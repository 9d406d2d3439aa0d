"""Money and dates in free text are found, unless a field says the same or deal desk that they change no invoice."""

from decimal import Decimal
from time import perf_counter

import pytest

from policies.check import NotApplicable, Satisfied
from policies.checks.free_text_terms import CHECK
from tests.builders import a_line, a_quote
from tests.judging import judged, violated


def said(*texts, effect=None, **terms):
    return a_quote(special_terms=[{"text": text, "billing_effect": effect} for text in texts], **terms)


@pytest.mark.parametrize(
    "text",
    [
        "Customer receives a $5,000 credit.",
        "Fees are reduced by 10 percent in year two.",
        "A rebate of EUR 2.500 applies.",
        "The onboarding fee is waived.",
        "The first two months are free.",
        "Billing starts on 1 March 2027.",
        "Invoicing shall commence after go-live.",
        "Payment terms: net 90.",
        "Fees are payable within 90 days.",
        "Prices are capped for the term.",
        "Customer gets most-favoured pricing and the lowest price.",
        "Services end on 2026-09-30.",
        "Refund of unused fees upon exit.",
        "500 USD off the next order",
        "Uplift of 3% at renewal",
        "Additional seats at £12",
    ],
)
def test_clauses_with_money_or_dates_are_found(text):
    assert violated(CHECK, said(text))


@pytest.mark.parametrize(
    "text",
    [
        "Vendor may use Customer's logo.",
        "Section 5 may be amended by 2 decision makers.",
        "The agreement is governed by the laws of Ireland.",
        "Support answers in 3 markets around the clock.",
        "Customer is free to choose the hosting region.",
        "Up to 25 USB tokens are shipped.",
        "",
    ],
)
def test_clauses_without_either_are_not(text):
    assert isinstance(judged(CHECK, said(text)), Satisfied)


def test_deal_desks_word_settles_it_and_no_terms_are_nothing_to_judge():
    assert isinstance(judged(CHECK, said("A $5,000 credit.", effect=False)), Satisfied)
    assert violated(CHECK, said("A $5,000 credit.", effect=True))
    assert isinstance(judged(CHECK, a_quote()), NotApplicable)


@pytest.mark.parametrize(
    ("text", "typed", "other"),
    [
        ("Payment terms are net 60.", {"payment_terms_days": 60}, {"payment_terms_days": 30}),
        ("Invoices are payable within 60 days.", {"payment_terms_days": 60}, {}),
        ("Uplift of 3 %.", {"renewal": {"uplift_percent": "3"}}, {"renewal": {"uplift_percent": "5"}}),
        ("Increases are capped at 4%.", {"renewal": {"cap_percent": "4"}}, {"renewal": {"cap_percent": "3"}}),
        ("2 months free.", {"lines": [a_line(free_months="2")]}, {"lines": [a_line(free_months="1")]}),
    ],
)
def test_a_field_that_says_the_same_is_a_counterpart_and_one_that_does_not_is_none(text, typed, other):
    assert isinstance(judged(CHECK, said(text, **typed)), Satisfied)
    assert violated(CHECK, said(text, **other))


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("Customer receives a $5,000 credit on the first invoice.", "5000"),
        ("A credit of USD 1,250.50 is granted", "1250.50"),
        ("We waive the 900 USD onboarding fee.", "900"),
        ("A one-time rebate of $10k applies; the logo may be used.", "10000"),
        ("A $5,000 credit if usage exceeds plan.", None),
        ("A $500 monthly credit.", None),
        ("A $500/month credit.", None),
        ("A credit of $500 and a rebate of $200.", None),
        ("A credit of €500.", None),
        ("Additional seats at $12.", None),
        ("A credit applies.", None),
    ],
)
def test_only_an_amount_that_stands_plainly_beside_its_promise_is_read(text, amount):
    loss = violated(CHECK, said(text)).loss
    assert loss.remaining_term == (None if amount is None else Decimal(amount))


def test_promises_add_up_and_one_that_cannot_be_read_leaves_the_sum_unknown():
    given = ("A $5,000 credit.", "A $700 refund.")
    assert violated(CHECK, said(*given)).loss.remaining_term == Decimal(5700)
    assert violated(CHECK, said(*given, "One month is free.")).loss.remaining_term is None


def test_each_clause_is_evidence_in_its_place():
    found = violated(CHECK, said("Logo rights.", "A $5,000 credit.", "One month is free."))
    assert [each.field for each in found.evidence] == ["special_terms[1].text", "special_terms[2].text"]


@pytest.mark.parametrize(
    "text",
    [
        "1" * 10000,
        "1," * 5000,
        "1,000" * 2000,
        "$ " * 5000,
        "credit " * 1400,
        "net " * 2500,
        " " * 10000,
        "USD " * 2500,
        "1 " * 5000,
        "increase of 1" * 770,
        "capped at " * 1000,
        "$1 credit if " * 769,
        "12 jan " * 1400,
    ],
)
def test_no_text_takes_long(text):
    start = perf_counter()
    judged(CHECK, said(text[:10_000]))
    assert perf_counter() - start < 0.25
