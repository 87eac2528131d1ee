"""`landscape descend`: where each method's runs end, and the files that it leaves."""

import re

import numpy as np
import pytest

from landscape import DescentStatus, GradientDescent, descend, problem
from landscape.descent.methods import METHODS as ALL_METHODS
from landscape.random import stream

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


def test_runs_that_have_not_arrived_say_how_low_they_are(run):
    """On x^2 / 2 a step of gradient descent takes a tenth off: after k steps the value is that of the start, 0.81^k."""
    settings = ("descend", "quadratic", "--set", "eigenvalues=1", "--method", "gradient-descent", "--set", "lr=0.1")
    before, after = (run(*settings, "--starts", 7, "--steps", k, "--json").json["values"] for k in (0, 5))
    assert list(before) == ["lowest", "median", "highest"]
    assert before["lowest"] < before["median"] < before["highest"]
    assert after == pytest.approx({name: value * 0.81**5 for name, value in before.items()}, rel=1e-12)
    text = run(*settings, "--starts", 7, "--steps", 5).text
    assert f"values reached: lowest {after['lowest']:.9g}, median {after['median']:.9g}, highest " in text
    assert "values reached" not in run(*settings, "--starts", 7).text  # where the runs end is told already
    blown = ("descend", "quadratic", "--method", "gradient-descent", "--set", "lr=1e200", "--json")
    assert run(*blown).json["values"] is None


def test_off_a_terminal_a_long_descent_gives_signs_of_life(run, monkeypatch):
    monkeypatch.setattr("landscape.cli.heartbeat.FIRST", 0.02)
    monkeypatch.setattr("landscape.cli.heartbeat.GROWTH", 0.0)
    settings = ("--method", "gradient-descent", "--set", "lr=1e-9", "--starts", 200, "--steps", 20_000)
    outcome = run("descend", "himmelblau", *settings, "--json")
    assert outcome.json["step_limit"] == 200
    lines = outcome.err.splitlines()
    assert lines
    assert all(re.fullmatch(r"descent: \d+ of 4000000 steps after 0:00:\d\d", line) for line in lines)


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


@pytest.mark.parametrize("method", sorted(ALL_METHODS))
def test_every_method_runs_and_says_so(run, method):
    settings = ("linear_regression",) if method == "sgd" else ("double_well", "--set", "dim=3")
    report = run("descend", *settings, "--method", method, "--starts", 20, "--steps", 30, "--json").json
    assert report["starts"] == 20
    assert report["method"].startswith(ALL_METHODS[method].__name__)


@pytest.mark.parametrize("method", ["noisy-gradient-descent", "perturbed-gradient-descent"])
def test_random_methods_draw_from_the_seed(run, method):
    arguments = ("descend", "himmelblau", "--method", method, "--set", "lr=0.005", "--starts", 30, "--steps", 40)
    first, again, other = (run(*arguments, "--json", "--tol", 20, "--seed", seed).out for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_the_trajectory_is_that_of_the_library(run, tmp_path):
    file = tmp_path / "runs.npz"
    settings = ("--method", "gradient-descent", "--set", "lr=0.01", "--starts", 25, "--steps", 300, "--seed", 3)
    outcome = run("descend", "himmelblau", *settings, "--trajectory", file, "--json")
    assert outcome.json["converged"] == 25
    assert "positions after every step saved to" in outcome.err
    landscape = problem("himmelblau")
    starts = landscape.starts(stream(3, {"descend": "himmelblau"}, 0), 25)
    expected = descend(landscape, starts, GradientDescent(0.01), 300, record=1)
    with np.load(file, allow_pickle=False) as stored:
        assert sorted(stored.files) == ["status", "steps", "x"]
        np.testing.assert_array_equal(stored["steps"], expected.trajectory.steps)
        np.testing.assert_array_equal(stored["x"], expected.trajectory.x)
        np.testing.assert_array_equal(stored["status"], expected.status)
    assert (expected.status == DescentStatus.CONVERGED).all()
    assert [p.name for p in tmp_path.iterdir()] == ["runs.npz"]


def test_a_long_trajectory_is_thinned_until_it_fits(run, tmp_path, monkeypatch):
    monkeypatch.setattr("landscape.cli.descend.LARGEST_TRAJECTORY", 50_000.0)
    settings = ("--method", "gradient-descent", "--set", "lr=1e-4", "--starts", 30, "--steps", 1000)
    outcome = run("descend", "himmelblau", *settings, "--trajectory", "runs.npz")
    with np.load(tmp_path / "runs.npz") as stored:
        every = int(stored["steps"][1])
        assert stored["x"].nbytes <= 50_000 < (1000 // (every - 1) + 1) * 480
        np.testing.assert_array_equal(stored["steps"], np.arange(0, 1001, every))
    assert f"positions after every {every} steps saved" in outcome.err
    sentence = run("descend", "himmelblau", "--starts", 2000, "--trajectory", "more.npz").sentence
    assert sentence == (
        "the first and last positions of 2000 starts in dim 2 take 6.4e-05 GB, more than the 5e-05 GB that are kept: "
        "use fewer --starts"
    )
    assert not (tmp_path / "more.npz").exists()


@pytest.mark.parametrize("name", ["himmelblau", "xy_chain", "lennard_jones", "spherical_spin_glass", "monkey_saddle"])
@pytest.mark.parametrize("ending", ["png", "pdf"])
def test_a_picture_is_drawn_in_any_dimension(run, tmp_path, name, ending):
    file = tmp_path / f"paths.{ending}"
    outcome = run("descend", name, "--starts", 12, "--steps", 40, "--plot", file)
    assert outcome.code == 0
    assert f"drawn to {file}" in outcome.err
    assert file.read_bytes().startswith({"png": b"\x89PNG", "pdf": b"%PDF"}[ending])


def test_a_file_that_cannot_be_written_is_known_before_the_work(run, tmp_path, monkeypatch):
    monkeypatch.setattr("landscape.cli.descend.descend", lambda *_, **__: pytest.fail("work was done"))
    (tmp_path / "there.npz").write_bytes(b"mine")
    (tmp_path / "there.png").write_bytes(b"mine")
    for option, path, pattern in [
        ("--trajectory", "there.npz", "there.npz exists already"),
        ("--plot", "there.png", "there.png exists already"),
        ("--trajectory", "nowhere/runs.npz", "there is no folder nowhere"),
        ("--plot", "nowhere/paths.pdf", "there is no folder nowhere"),
        ("--trajectory", "runs.csv", "--trajectory is 'runs.csv' but must end in .npz"),
        ("--plot", "paths.txt", "--plot is 'paths.txt' but must end in .png or .pdf"),
        ("--plot", str(tmp_path), "is a directory"),
    ]:
        assert pattern in run("descend", "himmelblau", option, path).sentence
    assert (tmp_path / "there.npz").read_bytes() == b"mine"


def test_nothing_is_left_when_the_work_fails(run, write, tmp_path):
    write("own.py", "def far(x):\n    return 1 / 0 if (abs(x) < 0.01).all(axis=-1).any() else (x**2).sum(axis=-1)\n")
    arguments = ("own.py:far", "--dim", 2, "--trajectory", "runs.npz", "--plot", "paths.png")
    assert "raised ZeroDivisionError" in run("descend", *arguments).sentence
    assert {p.name for p in tmp_path.iterdir()} - {"__pycache__"} == {"own.py"}


def test_a_jax_loss_of_the_users_own_is_compiled(run, write):
    jax = pytest.importorskip("jax")
    write(
        "own.py", "import jax.numpy as jnp\n\ndef loss(x):\n    print('called')\n    return jnp.sum((x**2 - 1) ** 2)\n"
    )
    arguments = ("own.py:loss", "--dim", 2, "--box=-2:2", "--method", "gradient-descent", "--set", "lr=0.02")
    with jax.enable_x64(True):  # another test may have imported JAX already
        outcome = run("descend", *arguments, "--starts", 40, "--json")
    assert outcome.json["converged"] == 40


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


def test_numbers_beyond_all_bounds(run):
    assert run("descend", "himmelblau", "--tol", "1e200", "--starts", 7, "--json").json["converged"] == 7
    too_many = run("descend", "himmelblau", "--steps", "99999999999999999999").sentence
    assert "99999999999999999999 is not in the range 0<=x<=9223372036854775807" in too_many
