"""The checks of parameters that methods share."""

import numpy as np
import pytest

from landscape import GradientDescent
from landscape.descent.method import (
    require_count,
    require_generator,
    require_kept_part,
    require_not_negative,
    require_positive,
)


@pytest.mark.parametrize(
    ("check", "good", "bad", "words"),
    [
        (require_positive, (1e-300, 1, 1e300), (0, -1, np.inf, np.nan), "a positive number"),
        (require_not_negative, (0, 1e-300, 1), (-1e-300, np.inf, np.nan), "a number that is not negative"),
        (require_kept_part, (0, 0.5, 1 - 1e-16), (-1e-16, 1, np.nan), "at least 0 and below 1"),
        (require_count, (1, np.int64(7)), (0, 1.0, np.nan), "a whole number, at least 1"),
    ],
)
def test_each_check_takes_what_is_right_and_names_what_is_wrong(check, good, bad, words):
    for value in good:
        check("speed", value)
    for value in bad:
        with pytest.raises(ValueError, match=f"^speed is {value} but must be {words}$"):
            check("speed", value)


def test_a_count_may_begin_at_zero():
    require_count("wait", 0, least=0)
    with pytest.raises(ValueError, match=r"^wait is -1 but must be a whole number, at least 0$"):
        require_count("wait", -1, least=0)


def test_a_generator_is_passed_through():
    rng = np.random.default_rng(0)
    assert require_generator(GradientDescent(), rng) is rng
    with pytest.raises(ValueError, match=r"^GradientDescent draws random numbers: pass descend\(\.\.\., rng=\.\.\.\)$"):
        require_generator(GradientDescent(), None)
