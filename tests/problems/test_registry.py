import re

import numpy as np
import pytest

from landscape.function import Landscape
from landscape.manifolds import Euclidean
from landscape.problems import ProblemEntry, entry, problem, problem_names, register
from landscape.problems import registry as registry_module


@pytest.fixture
def scratch(monkeypatch):
    """A registry that forgets what the test adds."""
    monkeypatch.setattr(registry_module, "_entries", dict(registry_module._entries))


def bowl(name: str, dim: int = 1) -> Landscape:
    return Landscape(
        name=name,
        manifold=Euclidean(dim),
        value=lambda x: (x * x).sum(axis=-1),
        gradient=lambda x: 2 * x,
        hessian=lambda x: 2 * np.broadcast_to(np.eye(dim), (*x.shape, dim)),
    )


def test_the_zoo_is_whole():
    assert problem_names() == sorted(problem_names())
    assert set(problem_names()) == {
        "confined_field",
        "cosine_sum",
        "deep_linear",
        "double_well",
        "gaussian_field",
        "goe_quadratic",
        "griewank",
        "himmelblau",
        "lennard_jones",
        "linear_autoencoder",
        "linear_regression",
        "logistic_regression",
        "matrix_factorization",
        "mlp",
        "mixed_spin_glass",
        "monkey_saddle",
        "muller_brown",
        "octopus",
        "phase_retrieval",
        "phi4",
        "quadratic",
        "random_feature_field",
        "rastrigin",
        "rosenbrock",
        "six_hump_camel",
        "spherical_spin_glass",
        "styblinski_tang",
        "thomson",
        "wishart_quadratic",
        "xy_chain",
    }


def test_an_entry_tells_what_a_problem_takes():
    known = entry("phi4")
    assert isinstance(known, ProblemEntry)
    assert known.name == "phi4"
    assert known.summary.startswith("The phi^4 model")
    assert known.parameters == (("shape", "tuple[int, ...]", (3, 3)), ("coupling", "float", 0.5))
    assert entry("himmelblau").parameters == ()


@pytest.mark.parametrize("name", problem_names())
def test_every_summary_is_one_sentence(name):
    summary = entry(name).summary
    assert summary.endswith(".")
    assert len(summary) <= 110


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (
            lambda: problem("himelblau"),
            "unknown problem 'himelblau'; did you mean 'himmelblau'? `landscape problems` lists them",
        ),
        (lambda: entry("zzzzzzz"), "unknown problem 'zzzzzzz'; `landscape problems` lists them"),
        (lambda: problem("rastrigin", dims=3), "problem 'rastrigin' has no parameter 'dims'; it takes dim"),
        (lambda: problem("cosine_sum", n=3), "problem 'cosine_sum' has no parameter 'n'; it takes dim, seed"),
        (lambda: problem("himmelblau", dim=2), "problem 'himmelblau' has no parameter 'dim'; it takes none"),
        (
            lambda: problem("rastrigin", dim=2.5),
            "problem 'rastrigin': parameter dim is 2.5 but must be an integer",
        ),
        (
            lambda: problem("rastrigin", dim=True),
            "problem 'rastrigin': parameter dim is True but must be an integer",
        ),
        (
            lambda: problem("rastrigin", dim="3"),
            "problem 'rastrigin': parameter dim is '3' but must be an integer",
        ),
        (
            lambda: problem("rastrigin", dim=None),
            "problem 'rastrigin': parameter dim is None but must be an integer",
        ),
        (
            lambda: problem("phi4", coupling=float("nan")),
            "problem 'phi4': parameter coupling is nan but must be a finite number",
        ),
        (
            lambda: problem("phi4", shape=(3, 2.5)),
            "problem 'phi4': parameter shape is (3, 2.5) but must be a sequence of integers",
        ),
        (
            lambda: problem("quadratic", eigenvalues="abc"),
            "problem 'quadratic': parameter eigenvalues is 'abc' but must be a sequence of finite numbers",
        ),
        (
            lambda: problem("quadratic", eigenvalues=()),
            "problem 'quadratic': parameter eigenvalues is () but must be a sequence of finite numbers",
        ),
        (lambda: problem("rastrigin", dim=0), "problem 'rastrigin': dim is 0 but must be at least 1"),
        (
            lambda: problem("goe_quadratic", seed=-1),
            "problem 'goe_quadratic': seed is -1 but must be at least 0",
        ),
    ],
)
def test_errors_are_one_clear_sentence(call, sentence):
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        call()


def test_values_are_coerced_by_the_annotation():
    made = problem("rastrigin", dim=3.0)
    assert made.dim == 3
    assert type(made.parameters["dim"]) is int
    assert type(problem("phi4", coupling=1).parameters["coupling"]) is float
    assert problem("phi4", shape=4).parameters["shape"] == (4,)
    assert problem("phi4", shape=np.array([2, 2])).parameters["shape"] == (2, 2)
    assert problem("quadratic", eigenvalues=2).parameters["eigenvalues"] == (2.0,)
    assert problem("quadratic", eigenvalues=[1, -1.5]).parameters["eigenvalues"] == (1.0, -1.5)
    assert type(problem("rastrigin", dim=np.int64(2)).parameters["dim"]) is int


@pytest.mark.usefixtures("scratch")
def test_a_newcomer_registers_in_one_line():
    @register
    def my_bowl(dim: int, kind: str = "round") -> Landscape:
        """A bowl.

        More words.
        """
        return bowl("something", dim)

    assert entry("my_bowl").parameters == (("dim", "int", "required"), ("kind", "str", "round"))
    assert entry("my_bowl").summary == "A bowl."
    made = problem("my_bowl", dim=2, kind="deep")
    assert made.name == "my_bowl"
    assert made.parameters == {"dim": 2, "kind": "deep"}
    with pytest.raises(ValueError, match=r"problem 'my_bowl' needs parameter 'dim' \(int\)"):
        problem("my_bowl")
    with pytest.raises(ValueError, match="parameter kind is 3 but must be a string"):
        problem("my_bowl", dim=1, kind=3)


@pytest.mark.usefixtures("scratch")
def test_a_name_is_taken_once():
    def himmelblau() -> Landscape:
        """Another."""
        return bowl("himmelblau")

    with pytest.raises(ValueError, match=r"problem 'himmelblau' is registered already, by landscape\.problems\.planar"):
        register(himmelblau)


@pytest.mark.usefixtures("scratch")
def test_a_parameter_that_cannot_be_checked_is_refused():
    def unclear(shape: dict) -> Landscape:
        """A bowl."""
        return bowl("unclear")

    with pytest.raises(ValueError, match="problem 'unclear': parameter shape has no annotation that can be checked"):
        register(unclear)
