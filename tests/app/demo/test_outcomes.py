"""Labels as they come: late, selective, and never from the future."""

from statistics import mean

from app.demo.outcomes import audit_probability


def by_quote(history):
    return {outcome["subject"]["id"]: outcome for outcome in history["outcomes"]}


def test_a_label_says_what_is_true(history):
    outcomes = by_quote(history)
    for truth in history["truth"]:
        outcome = outcomes.get(truth["quote_id"])
        assert truth["outcome_known"] is (outcome is not None)
        if outcome is not None:
            assert outcome["leaked"] is truth["leaked"]
            assert outcome.get("pattern") in (truth["leak_pattern"], *(plant["pattern"] for plant in truth["planted"]))
            assert float(outcome.get("amount", "0")) == float(truth["true_loss"])


def test_much_is_never_known_and_some_not_yet(history):
    accepted = [truth for truth in history["truth"] if truth["accepted"]]
    unknown = [truth for truth in accepted if "discovery" not in truth]
    late = [truth for truth in accepted if "discovery" in truth and not truth["outcome_known"]]
    assert 0.25 < len(unknown) / len(accepted) < 0.75
    assert late
    assert {truth["leaked"] for truth in unknown} == {True, False}


def test_only_what_was_signed_has_an_outcome(history):
    accepted = {truth["quote_id"] for truth in history["truth"] if truth["accepted"]}
    assert set(by_quote(history)) <= accepted


def test_an_outcome_comes_months_after_the_quote(history):
    quotes = history.by("quotes", "quote_id")
    for quote_id, outcome in by_quote(history).items():
        assert outcome["discovered_at"][:10] > quotes[quote_id]["start_date"]


def test_leaks_are_more_frequent_among_known_outcomes_than_among_all(history):
    accepted = [truth for truth in history["truth"] if truth["accepted"]]
    known = [truth for truth in accepted if truth["outcome_known"]]
    assert mean(truth["leaked"] for truth in known) > mean(truth["leaked"] for truth in accepted)


def test_an_audit_goes_by_what_can_be_seen_and_not_by_whether_it_leaks(stories):
    deals = [deal for deals in stories for deal in deals]
    for deal in deals:
        assert audit_probability(deal.quote, deal.plant) < 0.8
    shown = [audit_probability(deal.quote, deal.plant) for deal in deals if deal.plant]
    clean = [audit_probability(deal.quote, deal.plant) for deal in deals if not deal.plant]
    assert mean(shown) > mean(clean)


def test_what_is_recovered_is_no_more_than_was_lost(history):
    for outcome in history["outcomes"]:
        assert float(outcome.get("recovered_amount", "0")) <= float(outcome.get("amount", "0"))
