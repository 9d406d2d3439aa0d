"""Hostile strings on the scorecard and in its PDF: shown as they are, doing nothing."""

import pytest
from reportlab.lib.styles import ParagraphStyle

from app.pages.pdf_text import PLAIN, marked_up, paragraph, written
from tests.pages import words
from tests.scorecards import SEATS, a_deal, an_office

SCRIPT = '<script>alert("x")</script><img src=x onerror=alert(1)>'
TURNED = "gpj.\u202eexe.cilbup"
ENDLESS = "W" * 10_000
FORMULA = '=HYPERLINK("http://evil.example","click")'


def hostile(quote_id, **terms):
    lines = [
        SEATS | {"line_id": str(n), "product_name": each} for n, each in enumerate((SCRIPT, TURNED, ENDLESS, FORMULA))
    ]
    account = {"account_id": "acc-1", "name": SCRIPT + TURNED}
    return a_deal(quote_id, *lines, account=account, **terms)


@pytest.fixture(scope="module")
def office(upgraded_sqlite_file, tmp_path_factory):
    with an_office(upgraded_sqlite_file, tmp_path_factory.mktemp("home")) as opened:
        yield opened


@pytest.fixture(scope="module")
def shown(office):
    office.check(hostile("Q-<b>'\"&", rep={"rep_id": "rep-1"}))
    return office.visit("analyst").get("/scorecards/quotes/Q-<b>'\"&")


def test_script_in_a_name_is_text(shown):
    assert SCRIPT in words(shown)
    assert "<script>alert" not in shown.text
    assert "<img" not in shown.text


def test_marks_that_turn_the_writing_are_left_out(shown):
    assert "\u202e" not in shown.text
    assert "gpj.exe.cilbup" in words(shown)


def test_a_name_of_ten_thousand_signs_is_cut(shown):
    assert "W" * 1_000 not in shown.text
    assert len(shown.data) < 300_000


def test_a_rep_without_a_name_is_known_by_id(shown):
    assert "Rep rep-1" in words(shown)


def test_the_pdf_holds_whatever_a_customer_writes(office, shown):
    answer = office.visit("analyst").get("/scorecards/quotes/Q-<b>'\"&.pdf")
    assert answer.content_type == "application/pdf"
    assert answer.data.startswith(b"%PDF-")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="scorecard-Q--b.pdf"'


def test_a_rep_gets_a_pdf_of_their_own_deal_alone(office, shown):
    path = "/scorecards/quotes/Q-<b>'\"&.pdf"
    assert office.visit("rep", rep_id="rep-1").get(path).status_code == 200
    assert office.visit("rep", rep_id="rep-9").get(path).status_code == 404


def test_every_script_is_written_and_a_sign_that_no_font_has_is_its_code_point():
    for text in ("Café €5 中", "Ελληνικά", "Жёлтый", "خدمة", "שירות", "ไทย", "ソフト", "한국"):
        assert written(text) == text
    assert written("a 😀") == "a [U+1F600]"


def test_a_name_in_chinese_is_in_a_font_that_has_it_and_its_marks_are_no_markup():
    assert marked_up("<b>华为 Ltd") == '&lt;b&gt;<font name="STSong-Light">华为</font> Ltd'


def test_hebrew_is_drawn_from_right_to_left_within_our_own_words():
    """As it is read: alef, bet, gimel; as it is drawn from the left: gimel, bet, alef."""
    told = paragraph("Line \u05d0\u05d1\u05d2 is free", ParagraphStyle("plain", fontName=PLAIN, fontSize=8))
    told.wrap(400, 100)
    assert told.text == "Line \u05d2\u05d1\u05d0 is free"


def test_arabic_letters_are_joined():
    """Beh, alef: beh in the form that begins a word (FE91) and alef in the one that ends it (FE8E), drawn from the right."""
    told = paragraph("\u0628\u0627", ParagraphStyle("plain", fontName=PLAIN, fontSize=8))
    told.wrap(400, 100)
    assert told.text == "\ufe8e\ufe91"


def test_an_id_that_ends_like_a_file_is_an_id(office):
    office.check(a_deal("contracts/2026/draft.pdf"))
    answer = office.visit("analyst").get("/scorecards/quotes/contracts/2026/draft.pdf")
    assert answer.mimetype == "text/html"
    assert office.visit("analyst").get("/scorecards/quotes/contracts/2026/draft.pdf.pdf").mimetype == "application/pdf"
