"""Clauses found by their words, and passed over where the words deny them."""

import pytest

from policies.check import NotApplicable, Satisfied, Violated
from policies.checks.special_terms import CHECK
from tests.builders import a_quote
from tests.judging import judged, violated

PHRASES = ("most favoured", "lowest price* offered", "mfn", "no less favourable than")


def saying(*texts):
    return a_quote(special_terms=[{"text": text} for text in texts])


def found_in(*texts):
    return judged(CHECK, saying(*texts), phrases=PHRASES)


@pytest.mark.parametrize(
    "text",
    [
        "Customer has most favoured customer status.",
        "MOST-FAVOURED CUSTOMER",
        "most\n   favoured\tcustomer",
        "Fees never exceed the lowest prices offered to others.",
        "Pricing no less favourable than any other customer's.",
        "(MFN)",
        "There is no exclusivity. Customer has MFN pricing.",
    ],
)
def test_the_words_give_it_away_however_they_are_set(text):
    assert isinstance(found_in(text), Violated)


@pytest.mark.parametrize(
    "text",
    [
        "There is no most favoured customer clause.",
        "This order does not contain any most favoured customer clause.",
        "Without MFN.",
        "Customer is not entitled to any kind of MFN.",
        "Customer waives any MFN.",
        "mfnx and xmfn are no words",
        "",
    ],
)
def test_words_that_deny_it_are_passed_over(text):
    assert isinstance(found_in(text), Satisfied)


def test_a_clause_that_is_denied_once_and_granted_once_is_granted():
    assert isinstance(found_in("No MFN for services. For seats, MFN applies."), Violated)


def test_every_special_term_that_says_it_is_evidence():
    found = violated(CHECK, saying("MFN", "Net 30", "most favoured"), phrases=PHRASES)
    assert [each.field for each in found.evidence] == ["special_terms[0].text", "special_terms[2].text"]
    assert (found.reports["clause"], found.loss.remaining_term) == ("mfn", None)


def test_a_long_text_is_shortened():
    found = violated(CHECK, saying("MFN " + "x" * 500), phrases=PHRASES)
    assert len(found.evidence[0].actual) == 200


def test_without_special_terms_or_phrases_there_is_nothing_to_find():
    assert isinstance(judged(CHECK, a_quote(), phrases=PHRASES), NotApplicable)
    assert isinstance(judged(CHECK, saying("MFN")), Satisfied)
