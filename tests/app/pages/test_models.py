"""The models' pages: the card of the one that scores, who may change that, and cards with holes."""

from dataclasses import replace

import pytest

from app.pages import model_view as view
from scoring.model import Models
from tests.app.scoring_models import a_linear_model, promoted
from tests.pages import words

CARD = {
    "simulated": True,
    "served": "linear",
    "because": "It lost least. <script>alert(1)</script>",
    "newest": {
        "deals": 100,
        "average_precision": 0.5308,
        "calibration_error": 0.03,
        "reliability": [
            {"deals": 50.0, "probability": 0.05, "leaked": 0.04},
            {"deals": 50.0, "probability": 0.9, "leaked": 0.5},
        ],
        "tiers": [{"name": "alert", "from_probability": 0.9, "n": 20.0, "precision": 0.6, "low": 0.39, "high": 0.78}],
    },
    "effects": [{"feature": "discount_depth", "log_odds": -0.22}],
    "labels": {"sources": {"audit": {"leaked": 3, "clean": 7, "role": "looks"}}, "note": "A note."},
}


def a_model(hours=0, card=CARD):
    package = a_linear_model(hours=hours)
    return replace(package, manifest=replace(package.manifest, card=card, simulated=bool(card.get("simulated"))))


@pytest.fixture
def folder(site):
    return site.settings.models


def test_without_a_model_the_page_says_what_quotes_get(site):
    told = words(site.visit("analyst").get("/models"))
    assert "No model is in force: quotes get a risk index" in told
    assert "There is no model yet." in told


def test_the_champions_card_says_what_it_is_worth_and_where_not(site, folder):
    version = promoted(folder, a_model())
    page = site.visit("auditor").get("/models")
    told = words(page)
    assert "Simulated: this model was trained on made-up deals." in told
    assert "Average precision 0.531" in told
    assert "In 1 of 2 groups what was said lies in the interval of what came: in 1 it does not" in told
    assert "Alert tier 90 % 20 60.0 % 39.0 % to 78.0 % not borne: demoted" in told
    assert "\u2212 discount depth" in told
    assert version in told
    assert "<script>alert" not in page.text
    table = site.visit("auditor").get(f"/models/{version}?format=csv&chart=reliability").text
    assert table.splitlines()[1].endswith(",50,yes")


def test_a_group_fits_where_wilsons_interval_holds_what_was_said():
    # 2 of 50: Wilson by hand (2 + z²/2) / (50 + z²) ± ... is 1.1 % to 13.5 %; 25 of 50 is 36.6 % to 63.4 %.
    low, high = view.bins(CARD, "newest")
    assert [round(each, 3) for each in (low.low, low.high, high.low, high.high)] == [0.011, 0.135, 0.366, 0.634]
    assert (low.fits, high.fits) == (True, False)


@pytest.mark.parametrize(
    "card", [{}, {"newest": None, "ways": 7, "effects": [1, {}], "trees": {"a": "b"}, "labels": []}]
)
def test_a_card_with_holes_is_shown_without_them(site, folder, card):
    promoted(folder, a_model(card=card))
    told = words(site.visit("analyst").get("/models"))
    assert "the card has none: too few outcomes were held out" in told
    assert "The card has no reliability" in told


def test_an_administrator_promotes_and_rolls_back_with_a_reason_on_the_record(site, folder):
    first, second = promoted(folder, a_model()), Models(folder=folder).add(a_model(hours=1))
    visitor = site.visit("admin", name="ada")
    page = f"/models/{second}"
    assert visitor.post("/models/promote", page=page, version=second).status_code == 422
    assert visitor.post("/models/promote", page=page, version=second, why="It ranks <b>better</b>").status_code == 303
    assert Models(folder=folder).champion() == second
    assert "It ranks &lt;b&gt;better&lt;/b&gt;" in visitor.get("/models").text
    assert visitor.post("/models/rollback", why="It does not").status_code == 303
    assert Models(folder=folder).champion() == first
    kept = [(each["by"], each["did"], each["why"]) for each in Models(folder=folder).log()][-2:]
    assert kept == [("Ada", "promote", "It ranks <b>better</b>"), ("Ada", "rollback", "It does not")]


def test_a_model_challenges_until_that_is_ended(site, folder):
    promoted(folder, a_model())
    second = Models(folder=folder).add(a_model(hours=1))
    visitor = site.visit("admin")
    visitor.post("/models/challenge", page="/models", version=second, why="Let us see")
    assert Models(folder=folder).challenger() == second
    visitor.post("/models/challenge", why="Seen")
    assert Models(folder=folder).challenger() is None


def test_what_is_none_of_ours_is_refused(site, folder):
    promoted(folder, a_model())
    visitor = site.visit("admin")
    for version in ("../../etc", "2020-01-01T00-00-00Z-00000000", ""):
        assert visitor.post("/models/promote", page="/models", version=version, why="x").status_code == 422
    assert "no model answered before" in words(visitor.post("/models/rollback", why="x"))
    assert visitor.get("/models/..%2Fx").status_code == 404
    analyst = site.visit("analyst")
    assert analyst.post("/models/rollback", page="/models", why="x").status_code == 403
    assert site.visit("rep").get("/models").status_code == 403


def test_drift_says_what_it_would_need_and_the_review_comes_as_a_file(site):
    visitor = site.visit("analyst")
    assert "data-part" not in visitor.get("/models").text
    assert "There is no decision on a quote in this month." in words(visitor.get("/models/drift?month=2026-02&part=1"))
    answer = visitor.get("/models/review?month=never")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="review-2026-02.html"'
    assert 'data-part="/models/drift?month=2026-02' in visitor.get("/models").text
