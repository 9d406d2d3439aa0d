"""A sample of the vectors: all while there are few, then each with the same odds, the same at every run."""

from app.reviewing.sample import Sample


def sample_of(vectors, most):
    made = Sample(most)
    for each in vectors:
        made.add(each)
    return made


def test_few_vectors_are_all_kept_and_decisions_without_one_do_not_count():
    made = sample_of([(1.0, 2.0), None, (3.0, 4.0)], most=10)
    assert (len(made), made.seen) == (2, 2)
    assert {name: list(values) for name, values in made.columns(("a", "b")).items()} == {
        "a": [1.0, 3.0],
        "b": [2.0, 4.0],
    }
    assert sample_of([], most=10).columns(("a",)) == {}


def test_of_many_so_many_are_kept_from_all_over():
    made = sample_of([(float(number),) for number in range(20_000)], most=1_000)
    kept = list(made.columns(("a",))["a"])
    assert (len(kept), len(set(kept)), made.seen) == (1_000, 1_000, 20_000)
    # A tenth of them: 100 expected in each tenth of the numbers, give or take four standard deviations of 9.5.
    assert all(62 <= sum(at <= each < at + 2_000 for each in kept) <= 138 for at in range(0, 20_000, 2_000))


def test_the_same_vectors_give_the_same_sample():
    vectors = [(float(number),) for number in range(500)]
    assert sample_of(vectors, 50).columns(("a",)) == sample_of(vectors, 50).columns(("a",))
