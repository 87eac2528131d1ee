"""A declaration survives JSON, cuts its starts into chunks by dimension alone, and refuses nonsense at once."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landscape.study.declaration import Study, difference
from landscape.study.target import Target

scalars = st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5)
values = scalars | st.lists(scalars, max_size=3).map(tuple)
parameters = st.dictionaries(st.text(min_size=1, max_size=5), values, max_size=3).map(
    lambda d: tuple(sorted(d.items()))
)
ranges = st.tuples(st.floats(-9, 0, exclude_max=True), st.floats(0, 9))
targets = st.builds(
    Target,
    name=st.text(min_size=1, max_size=9),
    parameters=parameters,
    dim=st.none() | st.integers(1, 99),
    box=st.none() | st.lists(ranges, min_size=1, max_size=3).map(tuple),
)
studies = st.builds(
    Study,
    target=targets,
    starts=st.integers(1, 10**6),
    seed=st.integers(0, 2**70),
    escape_starts=st.integers(1, 500),
    climb_steps=st.integers(1, 500),
)


@given(studies)
def test_a_declaration_survives_json(study):
    again = Study.from_json(json.loads(json.dumps(study.as_json(), allow_nan=False)))
    assert again == study
    assert hash(again.target) == hash(study.target)  # lists would not be hashable
    assert again.cell() == study.cell()


@given(studies, st.integers(1, 20_000))
def test_chunks_hold_all_starts_and_are_equal_but_for_the_last(study, dim):
    sizes = study.chunk_sizes(dim)
    assert sum(sizes) == study.starts
    assert min(sizes) >= 1
    assert set(sizes[:-1]) <= {sizes[0]}
    assert sizes[-1] <= sizes[0]
    assert sizes[0] == 1 or sizes[0] * dim**2 <= 20_000_000  # the Hessians of a chunk fit in memory


@given(st.integers(1, 500), st.integers(1, 5000), st.integers(1, 5000))
def test_more_starts_add_chunks_and_change_no_full_one(dim, few, more):
    few, more = sorted((few, more))
    target = Target("himmelblau")
    short, long = Study(target, starts=few).chunk_sizes(dim), Study(target, starts=more, seed=3).chunk_sizes(dim)
    assert long[: len(short) - 1] == short[:-1]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"starts": 0}, "starts is 0 but must be at least 1"),
        ({"seed": -1}, "seed is -1 but must not be negative"),
        ({"escape_starts": 0}, "escape_starts is 0 but must be at least 1"),
        ({"descent_steps": -5}, "descent_steps is -5 but must be at least 1"),
        ({"search_steps": 0}, "search_steps is 0 but must be at least 1"),
        ({"climb_steps": 0}, "climb_steps is 0 but must be at least 1"),
        ({"escape_steps": 0}, "escape_steps is 0 but must be at least 1"),
    ],
)
def test_nonsense_is_refused(options, sentence):
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        Study(Target("himmelblau"), **options)


def test_the_difference_of_two_declarations_in_words():
    study = Study(Target("rastrigin", (("dim", 3),)), starts=10)
    assert difference(study, study) == ""
    assert difference(study, replace(study, starts=20)) == "starts is 10 there and 20 here"
    assert difference(replace(study, seed=1, escape_steps=7), study) == (
        "seed is 1 there and 0 here; escape_steps is 7 there and 20000 here"
    )
    assert difference(study, replace(study, target=Target("rastrigin"))) == (
        "target is rastrigin with dim=3 there and rastrigin here"
    )
    own = Target("f.py:loss", dim=2, box=((-1.0, 1.0),))
    assert difference(Study(own), Study(replace(own, box=None))) == (
        "target is f.py:loss with dim=2, box=((-1.0, 1.0),) there and f.py:loss with dim=2 here"
    )
