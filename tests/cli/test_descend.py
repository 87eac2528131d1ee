"""`landscape descend`: where each method's runs end."""

import pytest

METHODS = ("armijo", "gradient-descent", "heavy-ball", "nesterov")


@pytest.mark.parametrize("method", METHODS)
def test_every_method_ends_at_the_minima(run, method):
    report = run("descend", "himmelblau", "--method", method, "--starts", 400, "--json").json
    assert (report["problem"], report["dim"], report["seed"], report["starts"]) == ("himmelblau", 2, 0, 400)
    statuses = ("converged", "diverged", "step_limit", "nonfinite", "left_domain")
    assert sum(report[status] for status in statuses) == 400
    ends = report["destinations"]
    assert sum(end["fraction"] for end in ends) == pytest.approx(report["converged"] / 400)
    assert [end["fraction"] for end in ends] == sorted((end["fraction"] for end in ends), reverse=True)
    minima = [end for end in ends if end["kind"] == "minimum"]
    assert len(minima) == 4
    for end in minima:
        assert end["value"] == pytest.approx(0, abs=1e-20)
        assert end["low"] < end["fraction"] < end["high"]


def test_for_people(run, fresh):
    text = run("descend", "himmelblau", "--starts", 100).text
    assert text.startswith("100 descents by ArmijoGradientDescent(")
    assert "converged: 100" in text
    assert "minimum" in text
    assert fresh("descend", "himmelblau", "--starts", 100).text == text


def test_settings_go_to_the_method_where_it_has_them_and_to_the_problem_otherwise(run):
    report = run(
        *("descend", "quadratic", "--set", "lr=0.1", "--set", "eigenvalues=1,2,4", "--set", "momentum=0.5"),
        *("--method", "heavy-ball", "--starts", 10, "--json"),
    ).json
    assert report["dim"] == 3
    assert "lr=0.1" in report["method"]
    assert "momentum=0.5" in report["method"]
    assert report["converged"] == 10
    sentence = run("descend", "quadratic", "--method", "gradient-descent", "--set", "momentum=0.5").sentence
    assert "'quadratic' has no parameter 'momentum'" in sentence


def test_the_edge_of_stability(run):
    """On a quadratic with largest eigenvalue 4 gradient descent converges below lr = 2/4 and diverges beyond."""
    settings = ("descend", "quadratic", "--set", "eigenvalues=1,4", "--method", "gradient-descent", "--starts", 20)
    stable = run(*settings, "--set", "lr=0.49", "--steps", 5000, "--json").json
    unstable = run(*settings, "--set", "lr=0.51", "--steps", 5000, "--json").json
    assert (stable["converged"], unstable["diverged"]) == (20, 20)
    assert unstable["destinations"] == []
    assert "diverged: 20" in run(*settings, "--set", "lr=0.51", "--steps", 5000).text


def test_steps_tolerance_and_seed(run):
    assert run("descend", "himmelblau", "--steps", 0, "--starts", 7, "--json").json["step_limit"] == 7
    assert run("descend", "himmelblau", "--tol", 1e9, "--starts", 7, "--json").json["converged"] == 7
    arguments = ("descend", "himmelblau", "--starts", 50, "--json", "--seed")
    assert run(*arguments, 1).out == run(*arguments, 1).out
    assert run(*arguments, 1).json["destinations"] != run(*arguments, 2).json["destinations"]


def test_a_function_of_the_users_own(run, own):
    outcome = run("descend", *own, "--starts", 40, "--json")
    assert outcome.json["converged"] == 40
    assert {abs(round(v, 5)) for end in outcome.json["destinations"] for v in end["x"]} == {1.0}
    assert run("descend", *own, "--starts", 40).err.startswith("own.py:loss: NumPy")


def test_many_destinations_are_cut_short_for_people(run):
    text = run("descend", "rastrigin", "--starts", 300).text
    assert "points in all; --json lists them" in text
    assert len(run("descend", "rastrigin", "--starts", 300, "--json").json["destinations"]) > 20


@pytest.mark.parametrize(
    ("arguments", "pattern"),
    [
        (["nonsense"], "unknown problem 'nonsense'"),
        (["himmelblau", "--method", "newton"], "Invalid value for '--method'"),
        (["himmelblau", "--method", "gradient-descent", "--set", "lr=fast"], "lr is 'fast' but must be a number"),
        (["himmelblau", "--method", "gradient-descent", "--set", "lr=1,2"], "lr is (1, 2) but must be a number"),
        (["himmelblau", "--method", "gradient-descent", "--set", "lr=-1"], "lr is -1 but must be a positive number"),
        (["himmelblau", "--method", "gradient-descent", "--set", "lr=nan"], "lr is nan"),
        (["himmelblau", "--method", "gradient-descent", "--set", "lr=1", "--set", "lr=2"], "lr is given 2 times"),
        (["himmelblau", "--method", "nesterov", "--set", "momentum=1"], "momentum is 1"),
        (["himmelblau", "--starts", "0"], "Invalid value for '--starts'"),
        (["himmelblau", "--steps", "-1"], "Invalid value for '--steps'"),
        (["himmelblau", "--tol", "-1"], "Invalid value for '--tol'"),
        (["himmelblau", "--tol", "nan"], "tol is nan"),
        (["own.py:nan", "--dim", "2"], "own.py:nan is not finite at any of the 1000 starts"),
        (["own.py:far", "--dim", "2"], "own.py:far raised ZeroDivisionError"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(run, write, arguments, pattern):
    write(
        "own.py",
        """
        def nan(x):
            return float("nan") * x.sum(axis=-1)

        def far(x):
            return 1 / 0 if (abs(x) < 0.01).all(axis=-1).any() else (x**2).sum(axis=-1)
        """,
    )
    assert pattern in run("descend", *arguments, "--json").sentence
