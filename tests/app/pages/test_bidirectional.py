"""Lines of mixed writing are drawn as Unicode's algorithm says. Expected by hand, in the order of signs from left to right."""

import pytest

from app.pages.bidirectional import as_drawn

A, B, C = "\u05d0", "\u05d1", "\u05d2"  # Hebrew letters
ALEF, BEH = "\u0627", "\u0628"  # Arabic letters
VOWEL = "\u05b0"


@pytest.mark.parametrize(
    ("read", "drawn"),
    [
        ("", ""),
        ("Seat (annual), $40", "Seat (annual), $40"),
        (f"{A}{B}{C}", f"{C}{B}{A}"),
        (f"Seat {A}{B} annual", f"Seat {B}{A} annual"),
        # Two words are one stretch, with the blank between them.
        (f"{A}{B} {C}", f"{C} {B}{A}"),
        # A number keeps its order within the stretch, and so do its point, its comma and its currency.
        (f"{A} 12 {B}", f"{B} 12 {A}"),
        (f"{A} 1,000.5 {B}", f"{B} 1,000.5 {A}"),
        (f"{A} $40 {B}", f"{B} $40 {A}"),
        (f"{ALEF} 12", f"12 {ALEF}"),
        # After an Arabic letter a sign of percent does not belong to the number.
        (f"{ALEF} 5%", f"{5} {ALEF}%"),
        (f"{A} 5%", f"5% {A}"),
        # Brackets open towards what they hold.
        (f"{A} (B) {C}", f"{A} (B) {C}"),
        (f"{A}({B}){C}", f"{C}({B}){A}"),
        # A vowel is of the letter before it; a blank at the end is the line's.
        (f"{A}{VOWEL}{B}", f"{B}{VOWEL}{A}"),
        (f"{A}{B} ", f"{B}{A} "),
        (f"{BEH}{ALEF} 7 Seats", f"7 {ALEF}{BEH} Seats"),
    ],
)
def test_a_line_is_drawn_in_the_order_that_it_is_seen_in(read, drawn):
    assert as_drawn(read) == drawn
