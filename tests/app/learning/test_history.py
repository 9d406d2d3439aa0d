"""Features of past deals: never from their own outcome, in the order of time where there is one, crossed where there is none."""

import json
from datetime import UTC, datetime
from math import isclose

import numpy as np

from app.learning.deals import Deal
from app.learning.history import FOLDS, Past, fold_of
from app.learning.joining import Joined
from app.rules import RuleFiles, take_up
from policies.domain.outcome import Outcome, OutcomeSubject, SubjectType
from scoring.features import FeatureVector
from scoring.training.folds import folds
from scoring.training.labels import Labels

NOW = datetime(2026, 6, 1, tzinfo=UTC)
RULES = take_up(RuleFiles(policies={}), tested=False)


def a_deal(number, *, month=None, rep="r1", product="SEAT"):
    line = {"line_id": "1", "product_id": product, "charge_type": "one_time", "net_unit_price": "9", "quantity": "2"}
    made_at = None if month is None else datetime(2026, month, 1, tzinfo=UTC)
    body = {"quote_id": f"Q-{number}", "currency": "USD", "stage": "accepted", "rep": {"rep_id": rep}, "lines": [line]}
    return Deal(quote_id=f"Q-{number}", body=json.dumps(body).encode(), made_at=made_at)


def leaks(*numbers, clean=(), at=None):
    outcomes = dict.fromkeys(numbers, True) | dict.fromkeys(clean, False)
    return Joined(
        by_quote={
            f"Q-{number}": [
                Outcome(
                    outcome_id=f"O-{number}",
                    subject=OutcomeSubject(type=SubjectType.QUOTE, id=f"Q-{number}"),
                    leaked=leaked,
                    discovered_at=at,
                )
            ]
            for number, leaked in outcomes.items()
        }
    )


def rates(deals, joined):
    past = Past(rules=RULES, as_of=NOW)
    seen = list(past.seen(deals, joined, lambda _: None))
    return {each.deal.quote_id: each.vector.of("rep_leakage_rate") for each in seen}, past


def test_a_dated_deal_knows_what_was_found_before_it_and_nothing_later():
    deals = [a_deal(3, month=5), a_deal(1, month=1), a_deal(2, month=3)]
    found, past = rates(deals, leaks(1, at=datetime(2026, 4, 1, tzinfo=UTC)))
    assert list(found) == ["Q-1", "Q-2", "Q-3"]
    assert np.isnan([found["Q-1"], found["Q-2"]]).all()
    assert found["Q-3"] > 0.5  # one deal is known, and it leaked
    assert past.builder.as_of(NOW).average().known == 1.0


def test_a_deal_without_a_date_is_seen_from_other_pairs_of_rep_and_product():
    products = [f"P-{number}" for number in range(12)]
    deals = [a_deal(number, rep="r1", product=product) for number, product in enumerate(products)]
    by_fold = [fold_of({"rep": ("r1",), "product": (product,)}) for product in products]
    one = by_fold[0]
    own = [number for number, fold in enumerate(by_fold) if fold == one]
    others = [number for number, fold in enumerate(by_fold) if fold != one]
    found, _ = rates(deals, leaks(*own, clean=others))
    assert found["Q-0"] < 0.5  # only the clean deals of the other parts speak of it
    assert all(isclose(found[f"Q-{number}"], found["Q-0"]) for number in own)
    assert found[f"Q-{others[0]}"] > found["Q-0"]


def test_the_parts_of_history_are_those_that_training_holds_out():
    vectors = [
        FeatureVector(values=(), details={}, categories={"rep": (f"r{n % 9}",), "product": (f"P-{n}",)})
        for n in range(200)
    ]
    count = len(vectors)
    every = np.full(count, np.inf)
    labels = Labels(
        rows=np.arange(count),
        leaked=np.arange(count) % 2.0,
        source=("audit",) * count,
        age=every,
        delay=np.zeros(count),
        made=every,
        counts={},
    )
    held = folds(labels, vectors)
    assert len(held) == FOLDS
    for fold in held:
        assert len({fold_of(vectors[at].categories) for at in fold.tried}) == 1


def test_a_document_that_is_no_quote_today_is_counted():
    broken = Deal(quote_id="Q-1", body=b'{"quote_id": "Q-1"}', made_at=NOW)
    found, past = rates([broken, a_deal(2, month=1)], Joined())
    assert (list(found), past.unreadable) == (["Q-2"], 1)
