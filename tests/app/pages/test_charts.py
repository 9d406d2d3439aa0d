"""Charts: where shapes lie for figures that can be reckoned by hand, and what they say without the drawing."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.pages.charts import Series, histogram, lines, ranked_bars, stacked_bars
from app.pages.drawing import WIDTH

FIGURES = st.lists(st.floats(-1e12, 1e12) | st.none(), min_size=1, max_size=30)


def test_the_longest_bar_fills_the_space_and_the_others_their_share():
    chart = ranked_bars("k", "Leaks", [("U05", Decimal(200)), ("Q02", Decimal(50)), ("Q11", Decimal(0))])
    # 720 units, of which 60 are for the labels and 100 for the figures.
    assert [bar.width for bar in chart.bars] == [560, 140, 0]
    assert chart.rows == (("U05", "200"), ("Q02", "50"), ("Q11", "0"))
    assert chart.description == "U05 200; Q02 50; Q11 0."


def test_the_parts_of_a_bar_stand_on_each_other():
    series = [Series(name="a", values=[100, 50]), Series(name="b", values=[100, None])]
    chart = stacked_bars("k", "Two", ["Jan", "Feb"], series)
    first, second = chart.bars[0], chart.bars[1]
    assert second.y + second.height == pytest.approx(first.y)
    assert first.height == pytest.approx(second.height)
    assert chart.rows == (("Jan", "100", "100"), ("Feb", "50", "not known"))


def test_a_line_breaks_where_there_is_no_figure():
    series = [Series(name="rate", values=[1, 2, None, 3, 4], low=[0, 1, None, 2, 3], high=[2, 3, None, 4, 5])]
    chart = lines("k", "Rate", list("abcde"), series)
    assert sum(area.style.startswith("line") for area in chart.areas) == 2
    assert sum(area.style.startswith("band") for area in chart.areas) == 2
    assert len(chart.dots) == 4
    assert chart.rows[0] == ("a", "1", "0 to 2")


def test_a_histogram_marks_its_threshold():
    chart = histogram("k", "Scores", [0, 0.5, 1], [3, 1], mark=0.9, mark_label="alert")
    assert chart.bars[0].height == pytest.approx(chart.bars[1].height * 3, abs=0.5)
    assert [line.style for line in chart.over] == ["mark-at"]
    assert chart.rows == (("0 to 0.50", "3"), ("0.50 to 1", "1"))
    assert [text.text for text in chart.texts if text.style == "end"] == ["0", "1", "2", "3", "1"]


@given(FIGURES)
def test_whatever_the_figures_are_shapes_stay_on_the_sheet(figures):
    labels = [str(number) for number in range(len(figures))]
    for chart in (
        stacked_bars("k", "T", labels, [Series(name="a", values=figures)]),
        lines("k", "T", labels, [Series(name="a", values=figures)]),
    ):
        for bar in chart.bars:
            assert 0 <= bar.x <= bar.x + bar.width <= WIDTH + 0.2
            assert 0 <= bar.y <= bar.y + bar.height <= chart.height + 0.6
        assert all(0 <= dot.y <= chart.height for dot in chart.dots)
        assert len(chart.rows) == len(figures)


def test_no_figures_make_an_empty_chart():
    assert ranked_bars("k", "T", []).is_empty
    assert lines("k", "T", [], [Series(name="a", values=[])]).is_empty
    assert histogram("k", "T", [], []).is_empty
