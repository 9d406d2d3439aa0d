"""What turned out is joined to the decision that it judges, and nothing that joins to none is lost."""

from datetime import UTC, datetime, timedelta

import pytest

from app.feedback import Turned, judged
from app.store import DecisionSummary
from policies.domain.decision import Subject, Verdict
from policies.domain.outcome import Outcome, OutcomeSubject, OutcomeVerdict, SubjectType

DAY = datetime(2026, 6, 1, tzinfo=UTC)
LATER = DAY + timedelta(days=100)


def decided(name="dec_1", subject="Q-1", verdict="flag", day=0, of=SubjectType.QUOTE):
    return DecisionSummary(
        decision_id=name,
        created_at=DAY + timedelta(days=day),
        subject=Subject(type=of, id=subject, content_hash="sha256:0"),
        verdict=Verdict(verdict),
        headline="",
        currency="USD",
        policy_version="sha256:1",
    )


def turned_out(name="O-1", subject="Q-1", leaked=True, day=50, of=SubjectType.QUOTE, **more):
    return Outcome(
        outcome_id=name,
        subject=OutcomeSubject(type=of, id=subject),
        leaked=leaked,
        discovered_at=None if day is None else DAY + timedelta(days=day),
        **more,
    )


@pytest.mark.parametrize(
    ("verdict", "leaked", "stated", "turned"),
    [
        ("block", True, None, Turned.TRUE_POSITIVE),
        ("flag", True, None, Turned.TRUE_POSITIVE),
        ("flag", False, None, Turned.FALSE_POSITIVE),
        ("allow", True, None, Turned.FALSE_NEGATIVE),
        ("allow", False, None, Turned.TRUE_NEGATIVE),
        ("flag", True, "false_negative", Turned.FALSE_NEGATIVE),
        ("flag", True, "false_positive", Turned.FALSE_POSITIVE),
        ("allow", False, "true_positive", Turned.TRUE_POSITIVE),
    ],
)
def test_a_stated_verdict_wins_else_the_decision_is_held_against_what_leaked(verdict, leaked, stated, turned):
    outcome = turned_out(leaked=leaked, verdict=None if stated is None else OutcomeVerdict(stated))
    [found] = judged([decided(verdict=verdict)], [outcome], as_of=LATER).decisions
    assert found.turned is turned


def test_a_decision_that_nobody_looked_at_is_unknown_and_no_true_negative():
    feedback = judged([decided(verdict="allow"), decided("dec_2", "Q-2", "flag")], [], as_of=LATER)
    assert feedback.counts[Turned.UNKNOWN] == 2
    assert sum(feedback.counts.values()) == 2


def test_an_outcome_judges_the_newest_decision_before_it_was_discovered():
    decisions = [decided("first", day=0), decided("second", verdict="allow", day=10), decided("third", day=60)]
    feedback = judged(decisions, [turned_out(day=50)], as_of=LATER)
    assert [(each.decision.decision_id, each.turned) for each in feedback.decisions] == [
        ("first", Turned.UNKNOWN),
        ("second", Turned.FALSE_NEGATIVE),
        ("third", Turned.UNKNOWN),
    ]


def test_an_outcome_judges_the_decision_that_it_names_and_where_that_is_not_on_record_its_subjects():
    decisions = [decided("first"), decided("second", day=10)]
    named = judged(decisions, [turned_out(decision_id="first")], as_of=LATER)
    assert [len(each.outcomes) for each in named.decisions] == [1, 0]
    gone = judged(decisions, [turned_out(decision_id="dec_gone")], as_of=LATER)
    assert [len(each.outcomes) for each in gone.decisions] == [0, 1]


def test_an_outcome_on_a_later_document_judges_its_own_decision_or_else_the_quotes():
    decisions = [decided(), decided("dec_2", "BC-1", of=SubjectType.BILLING_CONFIGURATION)]
    outcomes = [
        turned_out("O-1", "BC-1", of=SubjectType.BILLING_CONFIGURATION),
        turned_out("O-2", "INV-1", of=SubjectType.INVOICE),
    ]
    feedback = judged(decisions, outcomes, as_of=LATER, quote_of=lambda _: "Q-1")
    assert [[each.outcome_id for each in found.outcomes] for found in feedback.decisions] == [["O-2"], ["O-1"]]


def test_of_outcomes_that_contradict_each_other_the_last_word_holds_and_they_are_counted():
    outcomes = [turned_out("O-2", leaked=False, day=60), turned_out("O-1", leaked=True, day=50)]
    feedback = judged([decided()], outcomes, as_of=LATER)
    assert feedback.decisions[0].turned is Turned.FALSE_POSITIVE
    assert feedback.contradicted == 1


def test_what_judges_no_decision_is_kept():
    outcomes = [
        turned_out("unknown", "Q-9"),
        turned_out("early", day=-1),
        turned_out("future", day=200),
        turned_out("undated", day=None),
        turned_out("undated", day=None),
    ]
    feedback = judged([decided()], outcomes, as_of=LATER)
    assert [each.outcome_id for each in feedback.unmatched] == ["early", "unknown"]
    assert [each.outcome_id for each in feedback.future] == ["future"]
    assert [each.outcome_id for each in feedback.decisions[0].outcomes] == ["undated"]
