"""The queue: who sees what, in which order, by which filters, and what is done to one case or to several."""

import csv
import io
from decimal import Decimal

import pytest

from policies.domain.decision import Verdict
from policies.domain.desk import ReviewRules
from tests.app.desk.builders import a_finding, flagged
from tests.app.pages.desk_site import a_desk_site
from tests.pages import words

BULK = ReviewRules(bulk_approval_limit=Decimal(5000))
HOSTILE = "=cmd|'/c calc'!A1<script>alert(1)</script>\u202eevil"


def small(quote_id, *findings, **terms):
    terms = {"at_risk_under": Decimal("100.00"), "content": f"sha256:{quote_id}"} | terms
    return flagged(*findings, quote_id=quote_id, **terms)


# ------------------------------------------------------------------------------------------------- is shown


@pytest.mark.parametrize("role", ["analyst", "approver", "admin", "auditor"])
def test_the_desk_sees_what_waits_the_most_money_first(desk, role):
    desk.record(small("Q-small"), small("Q-large", at_risk_under=Decimal("90000.00")))
    said = words(desk.visit(role).get("/"))
    assert said.index("Q-large") < said.index("Q-small")
    assert "$90,000" in said
    assert ("Take" in said) is (role != "auditor")


def test_billing_is_sent_to_the_set_ups_and_a_visitor_to_the_door(desk):
    assert desk.visit("billing").get("/").headers["Location"] == "/set-ups"
    assert desk.app.test_client().get("/").headers["Location"] == "/sign-in"


def test_an_empty_queue_says_when_something_will_be_there(desk):
    analyst = desk.visit("analyst")
    assert "Nothing waits for the deal desk." in words(analyst.get("/"))
    assert "No deal fits these filters." in words(analyst.get("/?verdict=block"))


def test_the_time_left_is_told_in_working_hours(desk):
    # Four working hours for a manager, from half past nine on.
    desk.record(small("Q-1", created_at=desk.clock()))
    analyst = desk.visit("analyst")
    assert "4 working hours left" in words(analyst.get("/"))
    desk.clock.advance(hours=4, minutes=30)
    assert "overdue since 2 Mar, 13:30 UTC" in words(desk.visit("analyst").get("/"))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=q-1", "Q-1"), ("q=ZÜRICH", "Q-2"), ("q=rich", "Q-2"), ("verdict=block", "Q-2"), ("source=hubspot", "Q-1"),
        ("rep=r-2", "Q-2"), ("account=A-1", "Q-1"), ("currency=eur", "Q-2"), ("assignee=nobody", "Q-1 Q-2"),
        ("assignee=mine", ""), ("tier=alert", ""), ("due=soon", "Q-1"), ("waits_for=manager", "Q-1"), ("state=approved", ""),
        ("state=all", "Q-1 Q-2"), ("simulated=yes", "Q-2"), ("verdict=nonsense", "Q-1 Q-2"), ("kind=billing_configuration", ""),
        ("due=overdue", ""), ("due=week", "Q-2"),
    ],
)  # fmt: skip
def test_each_filter_finds_what_fits_and_stays_in_the_form(filtered, query, found):
    answer = filtered.get(f"/?{query}")
    shown = [quote_id for quote_id in ("Q-1", "Q-2") if f">{quote_id}<" in answer.text]
    assert (answer.status_code, " ".join(shown)) == (200, found)


@pytest.fixture(scope="module")
def filtered(upgraded_sqlite_file, tmp_path_factory):
    with a_desk_site(upgraded_sqlite_file, tmp_path_factory.mktemp("filtered")) as site:
        block = a_finding("floor", effect="block")
        request = {"account": {"name": "Zürich AG"}, "valid_until": "2026-03-05"}
        site.record(
            small("Q-1", created_at=site.clock(), rep_id="r-1", account_id="A-1", source="hubspot"),
            small("Q-2", block, created_at=site.clock(), rep_id="r-2", currency="EUR", request=request, simulated=True),
        )
        yield site.visit("analyst")


def test_pages_follow_each_other_without_repeating(desk):
    desk.record(*[small(f"Q-{number:03}") for number in range(60)])
    analyst = desk.visit("analyst")
    first = analyst.get("/?source=&rep=rep-1")
    address = first.text.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert "rep=rep-1" in address
    second = words(analyst.get(address))
    assert "10 of 60 deals" in second
    assert analyst.get("/?page=nonsense").headers["Location"] == "/"


def test_what_got_worse_since_it_was_approved_is_told_in_a_line(desk):
    line = {"line_id": "1", "product_id": "P", "charge_type": "recurring"}

    def decision(price, content):
        request = {"currency": "USD", "lines": [line | {"net_unit_price": price}]}
        return small("Q-1", content=content, request=request)

    desk.record(decision("10", "sha256:1"))
    boss = desk.visit("approver", approval_roles=["manager"])
    boss.post("/queue/do", page="/", action="approve", case=desk.ticked("Q-1"), reason="Fine.")
    desk.states(reviews=BULK)
    boss.post("/queue/do", page="/", action="approve", case=desk.ticked("Q-1"), reason="Fine.")
    assert desk.case().state == "approved"
    desk.record(decision("9", "sha256:2"))
    assert "worse: net unit price on line 1 10 → 9" in words(boss.get("/"))


# ------------------------------------------------------------------------------------------------- is done


def test_a_case_is_taken_and_dropped_and_the_filters_stay(desk):
    desk.record(small("Q-1"))
    analyst = desk.visit("analyst")
    [ticked] = desk.ticked("Q-1")
    answer = analyst.post("/queue/take", page="/", take=ticked, back="/?verdict=flag")
    assert (answer.headers["Location"], desk.case().assignee) == ("/?verdict=flag", analyst.user.user_id)
    assert "You" in words(analyst.get("/"))
    analyst.post("/queue/take", page="/", drop=desk.ticked("Q-1")[0], back="https://elsewhere.example/")
    assert desk.case().assignee is None


def test_of_two_who_take_a_case_the_second_is_told_who_has_it(desk):
    desk.record(small("Q-1"))
    ann, bob = desk.visit("analyst", name="ann"), desk.visit("analyst", name="bob")
    [ticked] = desk.ticked("Q-1")
    ann.post("/queue/take", page="/", take=ticked)
    assert bob.post("/queue/take", page="/", take=ticked).headers["Location"] == "/"
    assert "Q-1 has changed meanwhile; Ann has it." in words(bob.get("/"))
    assert desk.case().assignee == ann.user.user_id


def test_several_are_given_after_a_look_at_what_will_happen(desk):
    desk.record(small("Q-1"), small("Q-2"))
    ann, bob = desk.visit("analyst", name="ann"), desk.visit("analyst", name="bob")
    form = {"action": "give", "case": desk.ticked("Q-1", "Q-2"), "to": bob.user.user_id}
    assert "from nobody to Bob" in words(ann.post("/queue/preview", page="/", **form))
    assert desk.case().assignee is None
    ann.post("/queue/do", page="/", **form)
    assert desk.case("Q-2").assignee == bob.user.user_id
    assert "Choose somebody" in words(ann.post("/queue/do", page="/", **(form | {"to": "usr_nobody"})))


def test_deals_of_one_cause_under_the_limit_are_approved_together(desk):
    desk.states(reviews=BULK)
    desk.record(
        small("Q-1"), small("Q-2"), small("Q-big", at_risk_under=Decimal("9000.00")), small("Q-other", rep_id="r-9")
    )
    boss = desk.visit("approver", approval_roles=["manager"], rep_id="r-9")
    form = {"action": "approve", "case": desk.ticked("Q-1", "Q-2", "Q-big", "Q-other")}
    look = words(boss.post("/queue/preview", page="/", **form))
    assert "Approve: 2 of 4 deals. Nothing has been done yet." in look
    assert "above 5000" in look
    assert "Nobody reviews a deal of their own" in look
    assert desk.case().state == "open"
    assert "Give a reason" in words(boss.post("/queue/do", page="/", **form, reason="  "))
    boss.post("/queue/do", page="/", **form, reason="Small, and promised.")
    assert [desk.case(each).state.value for each in ("Q-1", "Q-2", "Q-big")] == ["approved", "approved", "open"]


def test_what_changed_after_the_look_is_left_alone(desk):
    desk.states(reviews=BULK)
    desk.record(small("Q-1"))
    form = {"action": "approve", "case": desk.ticked("Q-1"), "reason": "Fine."}
    desk.record(small("Q-1", content="sha256:new"))
    boss = desk.visit("approver", approval_roles=["manager"])
    boss.post("/queue/do", page="/", **form)
    assert desk.case().state == "open"
    assert "0 of 1 approved" in words(boss.get("/"))


def test_several_are_sent_back_for_changes_without_a_limit(desk):
    desk.record(small("Q-1"), small("Q-2", a_finding("terms")))
    form = {"action": "request_changes", "case": desk.ticked("Q-1", "Q-2")}
    analyst = desk.visit("analyst")
    assert "goes back to the rep for changes" in words(analyst.post("/queue/preview", page="/", **form))
    analyst.post("/queue/do", page="/", **form, reason="Apply the fix.")
    assert [desk.case(each).state.value for each in ("Q-1", "Q-2")] == ["waiting_for_changes"] * 2


@pytest.mark.parametrize(
    "form", [{}, {"action": "delete"}, {"action": "take", "case": "quote:x:Q-1"}, {"action": "approve"}]
)
def test_a_form_that_says_nothing_does_nothing(desk, form):
    analyst = desk.visit("analyst")
    assert analyst.post("/queue/preview", page="/", **form).headers["Location"] == "/"
    assert analyst.post("/queue/do", page="/", **form).headers["Location"] == "/"


def test_an_auditor_looks_and_a_rep_does_not(desk):
    auditor = desk.visit("auditor")
    assert auditor.post("/queue/take", page="/", take="quote:1:Q-1").status_code == 403
    assert desk.visit("rep").get("/queue.csv").status_code == 403


# ------------------------------------------------------------------------------------------------- hostile


def test_what_a_customer_writes_is_shown_and_never_obeyed(desk):
    desk.record(
        small(HOSTILE, headline=HOSTILE * 300, rep_id=None, source=HOSTILE, request={"account": {"name": HOSTILE}})
    )
    page = desk.visit("analyst").get("/")
    assert "<script>alert" not in page.text
    assert "\u202e" not in words(page)
    assert "no rep stated" in words(page)
    assert len(page.data) < 300_000


def test_the_file_is_what_the_filters_show_and_no_formula(desk):
    desk.record(small(HOSTILE), small("Q-2", rep_id="r-2"))
    answer = desk.visit("analyst").get("/queue.csv?rep=rep-1")
    [row] = csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig")))
    assert row["id"] == "'" + HOSTILE
    assert (row["at_risk"], row["verdict"]) == ("100.00", "flag")
    [logged] = [each for each in desk.store.access.newest(limit=5) if each.access.action == "exported"]
    assert logged.access.detail == "1 cases as CSV"


# ------------------------------------------------------------------------------------------------- a rep's own


def test_a_rep_sees_their_own_deals_with_the_fix_and_nothing_of_the_risk(desk):
    fix = a_finding(remedy={"text": "Raise the price to $12"})
    desk.record(small("Q-1", fix), small("Q-2", verdict=Verdict.ALLOW), small("Q-theirs", rep_id="rep-2"))
    said = words(desk.visit("rep", rep_id="rep-1").get("/"))
    assert "Raise the price to $12" in said
    assert "manager" in said
    assert "Q-2" in said
    assert "Q-theirs" not in said
    assert "$100" not in said


def test_a_rep_sees_the_newest_of_each_deal_and_what_the_desk_asks(desk):
    desk.record(small("Q-1"), small("Q-1", content="sha256:2", headline="The newer one."))
    analyst, rep = desk.visit("analyst"), desk.visit("rep", rep_id="rep-1")
    form = {"action": "request_changes", "case": desk.ticked("Q-1"), "reason": "Please raise the price."}
    analyst.post("/queue/do", page="/", **form)
    said = words(rep.get("/"))
    assert said.count("Q-1") == 1
    assert "The newer one." in said
    assert "Please raise the price." in said


def test_a_rep_who_is_nobody_on_quotes_sees_none(desk):
    desk.record(small("Q-1", rep_id=None))
    assert "It is not stated which rep you are" in words(desk.visit("rep").get("/"))
