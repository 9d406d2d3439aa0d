"""Figures are given again until something is booked, or for a minute."""

from app.ledgers.remembered import LONGEST, Remembered
from tests.app.ledgers.builders import a_finding, a_quote, agreed, decided, turned_out


def test_the_state_of_the_books_changes_with_whatever_is_booked(store):
    seen = [store.insights.state()]
    decided(store, a_quote(), a_finding())
    seen.append(store.insights.state())
    agreed(store, a_quote())
    seen.append(store.insights.state())
    turned_out(store, leaked=False, verdict="false_positive")
    seen.append(store.insights.state())
    assert len(set(seen)) == 4
    assert store.insights.state() == seen[-1]


def test_a_value_is_made_anew_when_the_state_changes_or_a_minute_is_over():
    state, now, made = [1], [0.0], []
    remembered = Remembered(lambda: state[0], clock=lambda: now[0])

    def make():
        made.append(len(made))
        return made[-1]

    assert [remembered.of("a", make), remembered.of("a", make), remembered.of("b", make)] == [0, 0, 1]
    state[0] = 2
    assert remembered.of("a", make) == 2
    now[0] = LONGEST
    assert remembered.of("a", make) == 3
