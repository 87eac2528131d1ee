"""`landscape spectrum`: what it prints, reads and refuses."""

import numpy as np
import pytest

from landscape import problem

SMALL = ("mlp", "--set", "widths=4")


def test_json_has_all_that_was_measured(run, tmp_path):
    point = problem("mlp", widths=(4,)).starts(np.random.default_rng(0), 1)[0]
    np.save(tmp_path / "x.npy", point)
    eigenvalues = np.linalg.eigvalsh(problem("mlp", widths=(4,)).hessian(point))
    report = run("spectrum", *SMALL, "--at", "x.npy", "--top", 3, "--density", "--json").json
    assert (report["problem"], report["dim"], report["method"]) == ("mlp", 13, "dense")
    np.testing.assert_allclose([p["value"] for p in report["largest"]], eigenvalues[::-1][:3], rtol=1e-10)
    np.testing.assert_allclose([p["value"] for p in report["smallest"]], eigenvalues[:3], atol=1e-12)
    assert report["index"]["estimate"] == (eigenvalues < 0).sum()
    assert (report["converged"], report["complete"], report["products"]) == (True, True, None)
    assert report["trace"] == pytest.approx(eigenvalues.sum())
    lengths = {len(report["density"][key]) for key in ("grid", "mean", "low", "high")}
    assert len(lengths) == 1
    assert np.trapezoid(report["density"]["mean"], report["density"]["grid"]) == pytest.approx(1, abs=1e-3)


def test_matrix_free_agrees_and_says_so(run):
    arguments = ("spectrum", "spherical_spin_glass", "--set", "n=30", "--top", 3, "--seed", 5)
    dense, free = (run(*arguments, way, "--json").json for way in ("--dense", "--matrix-free"))
    assert free["method"] == "matrix-free"
    assert free["directions"] == dense["directions"] == 29
    assert free["density"] is None
    for end in ("largest", "smallest"):
        for a, b in zip(dense[end], free[end], strict=True):
            assert abs(a["value"] - b["value"]) <= a["residual"] + b["residual"]
    assert free["index"]["low"] <= dense["index"]["estimate"] <= free["index"]["high"]
    # The probes' 60 steps exhaust 29 directions: all Ritz values are eigenvalues, and certify the index.
    assert free["index"]["certified_at_least"] == free["index"]["high"] == dense["index"]["estimate"] > 3
    assert abs(free["trace"] - dense["trace"]) < 6 * free["trace_standard_error"]


def test_what_became_of_the_products(run):
    arguments = ("spectrum", "quadratic", "--set", f"eigenvalues=-1,-1,{','.join(map(str, range(1, 300)))}")
    enough = run(*arguments, "--matrix-free", "--top", 3, "--json").json
    assert (enough["converged"], enough["complete"], enough["index"]["resolved"]) == (True, True, True)
    assert max(enough["products"]["largest"], enough["products"]["smallest"]) < enough["products"]["at_most"] == 1000
    few = (*arguments, "--matrix-free", "--top", 3, "--products", 20)
    report = run(*few, "--json").json
    assert (report["converged"], report["complete"], report["index"]["resolved"]) == (False, False, False)
    assert report["products"] == {"largest": 20, "smallest": 20, "at_most": 20}
    assert "more --products come closer" in run(*few).text


def test_a_third_copy_is_listed(run):
    """Iris with idle units: the third to the fifth smallest eigenvalue are equal."""
    pytest.importorskip("sklearn")
    settings = ("data=iris", "widths=8", "loss=cross_entropy", "weight_decay=0.05")
    words = [word for setting in settings for word in ("--set", setting)]
    arguments = ("spectrum", "mlp", *words, "--after-steps", 3000, "--top", 5, "--json")
    dense, free = (run(*arguments, way).json for way in ("--dense", "--matrix-free"))
    smallest = [pair["value"] for pair in dense["smallest"]]
    assert max(smallest[2:]) - min(smallest[2:]) < 1e-8
    np.testing.assert_allclose([pair["value"] for pair in free["smallest"]], smallest, atol=1e-7)
    assert free["complete"]


def test_tables_in_words(run):
    text = run("spectrum", "quadratic", "--set", "eigenvalues=-1,2,5", "--top", 2).text
    assert "3 directions; all eigenvalues of the dense Hessian" in text
    assert "Index 1" in text.splitlines()
    assert "Trace 6 +- " in text
    text = run("spectrum", "spherical_spin_glass", "--set", "n=100", "--matrix-free", "--density").text
    assert "matrix-free: Hessian-vector products, no dense Hessian" in text
    assert "for certain" in text
    assert "Density, each eigenvalue a Gaussian" in text


def test_after_steps_of_a_method(run):
    arguments = (*SMALL, "--method", "adam", "--set", "lr=0.05", "--json")
    start, end = (run("spectrum", *arguments, "--after-steps", steps).json for steps in (0, 400))
    assert end["value"] < start["value"]
    assert end["gradient_norm"] < start["gradient_norm"]
    assert run("spectrum", *SMALL, "--json").json["value"] == start["value"]


def test_same_seed_same_report(run):
    first, second, third = (
        run("spectrum", "mlp", "--set", "widths=15", "--matrix-free", "--seed", seed, "--json").out
        for seed in (1, 1, 2)
    )
    assert first == second != third


def test_a_function_of_ones_own(run, own):
    report = run("spectrum", *own, "--json").json
    assert len(report["largest"]) == report["dim"] == 2


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--at", "nowhere.npy"], "there is no file 'nowhere.npy'"),
        (["--at", "text.npy"], "text.npy cannot be read: expected the .npy file of an array of numbers"),
        (["--at", "short.npy"], "short.npy has an array of shape (3,) but the landscape has dim 2"),
        (["--at", "nan.npy"], "nan.npy has coordinates that are not finite"),
        (["--at", "short.npy", "--after-steps", "3"], "--at and --after-steps both say where"),
        (
            ["--at", "complex.npy"],
            "complex.npy is the file of an array of complex128, expected that of an array of real",
        ),
        (["--at", "days.npy"], "days.npy is the file of an array of datetime64[D], expected"),
        (["--at", "archive.npz"], "archive.npz is the file of an archive, expected that of an array of real numbers"),
        (["--at", "cut.npy"], "cut.npy cannot be read: expected the .npy file of an array of numbers"),
        (["--at", "."], "is a directory"),
        (["--top", "0"], "0 is not in the range x>=1"),
        (["--matrix-free"], "fewer than half: use --dense"),
        (["--after-steps", "2", "--method", "adam", "--set", "lr=no"], "lr is 'no' but must be a number"),
        (["--set", "lr=0.1"], "has no parameter 'lr'"),
        (["--after-steps", "-1"], "-1 is not in the range x>=0"),
    ],
)
def test_bad_input_is_one_sentence(run, tmp_path, arguments, sentence):
    np.save(tmp_path / "short.npy", np.zeros(3))
    np.save(tmp_path / "nan.npy", np.array([np.nan, 0.0]))
    np.save(tmp_path / "complex.npy", np.array([1j, 0.0]))
    np.save(tmp_path / "days.npy", np.array(["2000-01-01", "2000-01-02"], dtype="datetime64[D]"))
    np.savez(tmp_path / "archive.npz", x=np.zeros(2))
    (tmp_path / "cut.npy").write_bytes((tmp_path / "short.npy").read_bytes()[:-4])
    (tmp_path / "text.npy").write_text("1, 2")
    assert sentence in run("spectrum", "himmelblau", *arguments).sentence


def test_a_dense_hessian_that_cannot_fit_is_refused(run):
    sentence = run("spectrum", "mlp", "--set", "widths=400000", "--dense").sentence
    assert "GB are free; use products with vectors" in sentence
