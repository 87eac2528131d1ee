"""`landscape index`: what it measures, prints, draws and refuses."""

import math

import numpy as np
import pytest

FACTORIES = """
    import numpy as np
    from landscape import Landscape, Torus, problem

    def seeded(dim, seed):
        return problem("cosine_sum", dim=dim, seed=seed)

    def drawn(dim, rng):
        return problem("cosine_sum", dim=dim, seed=int(rng.integers(1000)))

    def wrong(dim, seed):
        return problem("cosine_sum", dim=dim + 1, seed=seed)

    def neither(n):
        return problem("cosine_sum", dim=n)
"""


def test_the_goe_in_a_table(run):
    text = run("index", "goe", "--dims", "1:3", "--samples", 5000).text
    lines = text.splitlines()
    assert lines[0].startswith("GOE()")
    rows = [line.split() for line in lines if line.endswith("agrees")]
    assert [row[0] for row in rows] == ["1", "2", "3"]
    assert rows[1][7] == "0.14645"


def test_json_has_measurement_and_laws(run):
    report = run("index", "goe", "--dims", "2,4", "--samples", 20_000, "--seed", 3, "--json").json
    assert (report["ensemble"], report["seed"]) == ("goe", 3)
    assert [row["n"] for row in report["rows"]] == [2, 4]
    two = report["rows"][0]
    assert two["minimum"]["exact"] == pytest.approx((2 - math.sqrt(2)) / 4, rel=1e-12)
    assert two["minimum"]["low"] < two["minimum"]["measured"] < two["minimum"]["high"]
    assert two["minimum"]["independent"] == 0.25
    assert two["minimum"]["asymptotic"] == pytest.approx(two["minimum"]["exact"], rel=1e-2)
    assert two["index"]["measured"][0] == two["minimum"]["measured"]
    assert sum(two["index"]["exact"]) == pytest.approx(1)
    measured = np.array(two["index"]["measured"])
    assert two["mean_index"] == pytest.approx(measured @ [0, 1, 2])
    assert two["variance_index"] == pytest.approx(measured @ [0, 1, 4] - (measured @ [0, 1, 2]) ** 2)
    assert two["samples"] == 20_000


@pytest.mark.parametrize(
    ("name", "options", "points"),
    [
        ("separable", (), 12),
        ("gaussian-field", (), None),
        ("spin-glass", ("--set", "p=2"), 12 * 6),
        ("mixed-spin-glass", ("--set", "weights=0.2,1"), None),
        ("wishart", ("--set", "error=0"), 12),
    ],
)
def test_every_ensemble(run, name, options, points):
    row = run("index", name, "--dims", "2", "--samples", 12, *options, "--json").json["rows"][0]
    assert points is None or row["points"] == points
    assert row["minimum"]["asymptotic"] is None
    assert row["minimum"]["exact"] is not None
    assert row["verdict"] == "agrees"


def test_no_law_is_null(run):
    report = run("index", "wishart", "--dims", "3", "--samples", 100, "--json").json["rows"][0]
    assert report["minimum"]["exact"] is None
    assert report["index"]["exact"] is None
    assert report["p_value"] is None
    assert report["verdict"] == "no law"


@pytest.mark.parametrize("make", ["seeded", "drawn"])
def test_a_factory_of_ones_own(run, write, make):
    write("mine.py", FACTORIES)
    report = run("index", f"mine.py:{make}", "--dims", "1,3", "--samples", 3, "--set", "starts=100", "--json").json
    assert [row["index"]["measured"] for row in report["rows"]] == [[0.5, 0.5], [1 / 8, 3 / 8, 3 / 8, 1 / 8]]


def test_the_same_seed_gives_the_same_numbers(run):
    first, second, third = (run("index", "goe", "--samples", 100, "--seed", s, "--json").out for s in (1, 1, 2))
    assert first == second != third


def test_the_picture_is_drawn(run, tmp_path):
    path = tmp_path / "index.png"
    done = run("index", "goe", "--dims", "1:6", "--samples", 300, "--plot", path)
    assert done.code == 0
    assert path.read_bytes().startswith(b"\x89PNG")
    assert "exists already" in run("index", "goe", "--plot", path).sentence


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere"], "unknown ensemble 'nowhere'; there are goe, wishart"),
        (["goe", "--dims", "3:1"], "'3:1' has a low end above its high end"),
        (["goe", "--dims", "1:x"], "'1:x' is neither a range such as 1:12 nor a list such as 2,5,10"),
        (["goe", "--dims", "1:2:3"], "is neither a range"),
        (["goe", "--dims", "0:2"], "must all be at least 1"),
        (["goe", "--dims", "2,2"], "must differ"),
        (["goe", "--dims", "1:100000"], "has a dimension above 2000"),
        (["goe", "--samples", "0"], "0 is not in the range x>=1"),
        (["goe", "--set", "p=3"], "ensemble 'goe' has no parameter 'p'; it takes none"),
        (["spin-glass", "--set", "p=2.5"], "p is 2.5 but must be a whole number of at least 1"),
        (["spin-glass", "--set", "p=1"], "p is 1 but must be"),
        (["spin-glass", "--set", "p=3", "--set", "p=4"], "p is given 2 times"),
        (["spin-glass", "--dims", "40"], "critical points; at most 100000 can be searched for"),
        (["mixed-spin-glass", "--set", "weights=a"], "weights is 'a' but must be comma-separated finite numbers"),
        (["mixed-spin-glass", "--set", "weights=1"], "of degree 2 or more"),
        (["wishart", "--set", "ratio=-1"], "ratio is -1.0"),
        (["gaussian-field", "--set", "length=1"], "length is 1.0 but must be at least 5.0"),
        (["gaussian-field", "--dims", "9"], "Fourier modes"),
        (["goe", "--plot", "index.txt"], "must end in .png or .pdf"),
        (["goe", "--plot", "nowhere/index.png"], "there is no folder nowhere"),
        (["mine.py:missing"], "has no 'missing'"),
        (["mine.py:neither"], "must be callable as make(dim, seed) or make(dim, rng)"),
        (["mine.py:wrong"], "made a landscape of 2 directions where 1 were asked for"),
        (["gone.py:make"], "there is no file 'gone.py'"),
    ],
)
def test_bad_input_is_one_sentence(run, write, arguments, sentence):
    write("mine.py", FACTORIES)
    assert sentence in run("index", *arguments).sentence


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ("mixed-spin-glass", "--dims", "1,2", "--samples", 3, "--set", "weights=1000,1e-6"),
            "starts, the searches a ",
        ),
        (("wishart", "--dims", "2", "--set", "ratio=1e-308"), "ratio is 1e-308 but must be at least 2.2e-16 in dim 2"),
    ],
)
def test_parameters_beyond_double_precision(run, arguments, sentence):
    assert run("index", *arguments).sentence.startswith(sentence)
