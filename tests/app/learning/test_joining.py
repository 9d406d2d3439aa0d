"""Outcomes find the quote that they judge, and what cannot be used is counted and said."""

from datetime import UTC, datetime

from app.learning.joining import Links, join
from policies.domain.outcome import Outcome, OutcomeSource, OutcomeSubject, SubjectType

NOW = datetime(2026, 6, 1, tzinfo=UTC)
MADE = {"Q-1": datetime(2026, 1, 1, tzinfo=UTC), "Q-2": None}
LINKS = Links(
    quotes={"A-1": "Q-1"},
    configurations={"B-1": ("A-1", None), "B-2": (None, "Q-2")},
    invoices={"I-1": ("A-1", None), "I-2": (None, "B-2")},
)


def an_outcome(number, subject="Q-1", kind=SubjectType.QUOTE, *, leaked=True, at=datetime(2026, 3, 1, tzinfo=UTC)):
    return Outcome(
        outcome_id=f"O-{number}",
        subject=OutcomeSubject(type=kind, id=subject),
        leaked=leaked,
        discovered_at=at,
        source=OutcomeSource.AUDIT,
    )


def test_every_kind_of_document_leads_to_its_quote():
    found = join(
        [
            an_outcome(1, "A-1", SubjectType.AGREEMENT),
            an_outcome(2, "B-1", SubjectType.BILLING_CONFIGURATION, at=datetime(2026, 3, 2, tzinfo=UTC)),
            an_outcome(3, "I-1", SubjectType.INVOICE, at=datetime(2026, 3, 3, tzinfo=UTC)),
            an_outcome(4, "I-2", SubjectType.INVOICE),
        ],
        LINKS,
        MADE,
        NOW,
    )
    by_quote = {quote: [each.outcome_id for each in outcomes] for quote, outcomes in found.by_quote.items()}
    assert by_quote == {"Q-1": ["O-1", "O-2", "O-3"], "Q-2": ["O-4"]}
    assert found.sentences() == ()


def test_what_cannot_be_used_is_counted_and_told():
    found = join(
        [
            an_outcome(1, "Q-9"),
            an_outcome(2, at=datetime(2026, 7, 1, tzinfo=UTC)),
            an_outcome(3),
            an_outcome(4),
            an_outcome(5, leaked=False, at=datetime(2026, 4, 1, tzinfo=UTC)),
            an_outcome(6, at=None),
        ],
        LINKS,
        MADE,
        NOW,
    )
    counted = (found.unknown, found.future, found.repeated, found.contradicting, found.undated)
    assert counted == (1, 1, 1, 1, 1)
    assert [each.outcome_id for each in found.by_quote["Q-1"]] == ["O-6", "O-3", "O-5"]
    assert "1 outcome of quotes that are not here were left out (such as O-1)" in found.sentences()


def test_a_deal_without_a_date_may_have_outcomes_without_one():
    assert join([an_outcome(1, "Q-2", at=None)], LINKS, MADE, NOW).undated == 0
