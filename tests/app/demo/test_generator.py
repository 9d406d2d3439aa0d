"""The data set: the same from the same seed, at any size, complete and labelled."""

import json
from collections import Counter
from decimal import Decimal

import pytest

from app.demo import Kind, demo_documents, documents, generate, new_manifest
from app.demo.world import PLANTED_IN_ORDER
from cpq_hooks.canonical import (
    load_agreement,
    load_billing_configuration,
    load_invoice,
    load_outcome,
    load_quote,
    load_usage,
)
from policies.patterns import PATTERNS

LOADERS = {
    "quotes": load_quote,
    "agreements": load_agreement,
    "billing-configurations": load_billing_configuration,
    "usage": load_usage,
    "invoices": load_invoice,
    "outcomes": load_outcome,
}


def texts(seed, quotes, **options):
    return list(documents(new_manifest(seed, quotes), **options))


def test_the_same_seed_gives_the_same_bytes(tmp_path):
    generate(3, 120, tmp_path / "one")
    generate(3, 120, tmp_path / "two")
    for file in (tmp_path / "one").iterdir():
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes()


def test_another_seed_gives_another_history():
    assert texts(3, 80) != texts(4, 80)


@pytest.mark.slow
def test_several_processes_give_the_same_bytes_as_one():
    assert texts(3, 300, workers=2) == texts(3, 300)


def test_a_larger_history_begins_with_the_smaller_one():
    small, large = texts(5, 90), texts(5, 200)
    whole_accounts = small[: max(i for i, each in enumerate(small) if each.kind is Kind.ACCOUNT)]
    assert large[: len(whole_accounts)] == whole_accounts


@pytest.mark.parametrize("quotes", [1, 2, 3, 7, 23, 24, 45, 59, 61])
def test_there_are_exactly_as_many_quotes_as_were_asked_for(quotes):
    manifest = new_manifest(2, quotes)
    kinds = Counter(document.kind for document in documents(manifest))
    assert kinds[Kind.QUOTE] == kinds[Kind.TRUTH] == quotes == manifest.records["quotes"]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_sixty_quotes_hold_every_pattern(seed):
    manifest = new_manifest(seed, 60)
    for _ in documents(manifest):
        pass
    assert [number for number in PATTERNS if not manifest.patterns[number]] == []


def test_fewer_quotes_hold_the_first_patterns_in_the_catalogues_order():
    manifest = new_manifest(1, 10)
    for _ in documents(manifest):
        pass
    assert [number for number in PATTERNS if manifest.patterns[number]] == list(PLANTED_IN_ORDER[:10])


def test_the_manifest_counts_what_is_in_the_files(tmp_path):
    generate(6, 150, tmp_path)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    lines = {kind.value: (tmp_path / f"{kind.value}.jsonl").read_text().splitlines() for kind in Kind}
    assert manifest["records"] == {kind: len(found) for kind, found in lines.items()}
    truths = [json.loads(line) for line in lines["truth"]]
    planted = Counter(plant["pattern"] for truth in truths for plant in truth["planted"])
    assert manifest["patterns"] == {number: planted[number] for number in PATTERNS}
    assert manifest["leaked"] == sum(truth["leaked"] is True for truth in truths)
    assert manifest["accepted"] == sum(truth["accepted"] for truth in truths)


def test_everything_says_that_it_is_simulated(history):
    assert all(record["simulated"] is True for records in history.records.values() for record in records)
    named = [record["account"]["name"] for record in history["quotes"]]
    named += [record["rep"]["name"] for record in history["quotes"]] + [rep["team"] for rep in history["reps"]]
    assert all(name.endswith("(simulated)") for name in named)
    ids = [record[key] for kind, key in KEYS.items() for record in history[kind]]
    assert all(each.startswith("SIM-") for each in ids)
    assert "(simulated)" in history.manifest.as_json()["company"]
    assert history.manifest.as_json()["simulated"] is True


KEYS = {
    "reps": "rep_id",
    "accounts": "account_id",
    "quotes": "quote_id",
    "agreements": "agreement_id",
    "billing-configurations": "billing_configuration_id",
    "usage": "usage_id",
    "invoices": "invoice_id",
    "outcomes": "outcome_id",
    "truth": "quote_id",
}


@pytest.mark.parametrize(("kind", "key"), KEYS.items())
def test_no_id_stands_twice(history, kind, key):
    ids = [record[key] for record in history[kind]]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("kind", LOADERS)
def test_the_canonical_loaders_take_every_record(history, kind):
    assert history[kind]
    for record in history[kind]:
        LOADERS[kind](record)


def test_all_references_resolve(history):
    quotes, agreements = history.by("quotes", "quote_id"), history.by("agreements", "agreement_id")
    accounts, reps = history.by("accounts", "account_id"), history.by("reps", "rep_id")
    configurations = history.by("billing-configurations", "billing_configuration_id")
    for quote in quotes.values():
        assert quote["account"]["account_id"] in accounts
        assert quote["rep"]["rep_id"] in reps
        assert quote.get("standing_agreement_id", next(iter(agreements))) in agreements
    for agreement in agreements.values():
        assert quotes[agreement["quote_id"]]["stage"] == "accepted"
    for configuration in configurations.values():
        assert configuration["agreement_id"] in agreements
    for invoice in history["invoices"]:
        charges = configurations[invoice["billing_configuration_id"]]["charges"]
        known = {charge["charge_id"] for charge in charges}
        assert invoice["agreement_id"] in agreements
        assert {line["charge_id"].removesuffix("-B") for line in invoice["lines"]} <= known
    assert {outcome["subject"]["id"] for outcome in history["outcomes"]} <= set(quotes)
    assert [truth["quote_id"] for truth in history["truth"]] == list(quotes)


def test_use_belongs_to_an_agreement_and_its_line_unless_that_is_what_was_planted(history):
    agreements = history.by("agreements", "agreement_id")
    for usage in history["usage"]:
        if "agreement_id" in usage:
            lines = {line["line_id"]: line["product_id"] for line in agreements[usage["agreement_id"]]["lines"]}
            assert lines[usage["line_id"]] == usage["product_id"]
    orphans = {usage["account_id"] for usage in history["usage"] if "agreement_id" not in usage}
    u02 = {truth["account_id"] for truth in history["truth"] if "U02" in patterns_of(truth)}
    assert orphans == u02


def patterns_of(truth):
    return [plant["pattern"] for plant in truth["planted"]]


def test_every_accepted_quote_became_an_agreement_or_changed_one(history):
    agreements = history.by("agreements", "agreement_id")
    amendments = {each["amendment_id"] for one in agreements.values() for each in one.get("amendments", [])}
    for truth, quote in zip(history["truth"], history["quotes"], strict=True):
        if not truth["accepted"]:
            assert truth["agreement_id"] is None
        elif quote["deal_type"] == "amendment":
            assert truth["quote_id"].replace("-Q-", "-AM-") in amendments
        else:
            assert agreements[truth["agreement_id"]]["quote_id"] == quote["quote_id"]


def test_every_invoice_adds_up(history):
    for invoice in history["invoices"]:
        assert Decimal(invoice["total"]) == sum(Decimal(line["amount"]) for line in invoice["lines"])


def test_nothing_is_dated_after_the_end_of_history(history):
    end = history.manifest.end.isoformat()
    dated = {
        "quotes": "created_at",
        "agreements": "signed_on",
        "billing-configurations": "created_at",
        "usage": "received_on",
        "invoices": "issued_on",
        "outcomes": "discovered_at",
    }
    for kind, key in dated.items():
        assert max(record.get(key, "") for record in history[kind]) < end


def test_a_rep_sells_only_while_employed(history):
    reps = history.by("reps", "rep_id")
    for quote in history["quotes"]:
        rep, day = reps[quote["rep"]["rep_id"]], quote["created_at"][:10]
        assert rep["hired_on"] <= day <= rep.get("left_on", day)
        assert rep["role"] == quote["rep"]["role"]


def test_progress_is_told_after_each_account_and_ends_at_the_whole():
    told = []
    list(documents(new_manifest(1, 75), progress=lambda made, whole: told.append((made, whole))))
    assert told == sorted(told)
    assert told[-1] == (75, 75)


def test_the_demos_own_history_is_of_four_hundred_quotes():
    assert sum(document.kind is Kind.QUOTE for document in demo_documents()) == 400


def test_no_quotes_no_workers_and_no_price_book_are_refused(tmp_path):
    with pytest.raises(ValueError, match="at least one quote"):
        new_manifest(1, 0)
    with pytest.raises(ValueError, match="at least one process"):
        next(documents(new_manifest(1, 5), workers=0))
    with pytest.raises(LookupError, match="no price book"):
        generate(1, 5, tmp_path, start=new_manifest(1, 1).start.replace(year=2020))
