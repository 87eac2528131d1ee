"""`landscape network`: what it prints, saves and refuses."""

import pytest

from landscape.network.export import read_graphml


def test_table(run):
    text = run("network", "muller_brown").text
    assert "3 minima and 2 saddles of index 1, in 1 piece" in text
    assert "Betti numbers of the Morse complex 1, 0, 0, as they must be" in text
    assert "-72.2489401" in text
    assert "106.035" in text


def test_json(run):
    report = run("network", "muller_brown", "--json").json
    assert report["problem"] == "muller_brown"
    value = {minimum["id"]: minimum["value"] for minimum in report["minima"]}
    assert sorted(value.values()) == pytest.approx([-146.69951721, -108.166724117, -80.7678181297], abs=1e-6)
    heights = sorted(saddle["value"] for saddle in report["saddles"])
    assert heights == pytest.approx([-72.2489401123, -40.6648435087], abs=1e-6)
    for saddle in report["saddles"]:
        for end, barrier in zip(saddle["minima"], saddle["barriers"], strict=True):
            assert barrier == pytest.approx(saddle["value"] - value[end], abs=1e-9)
    assert report["components"] == 1
    assert report["betti"] == {"found": [1, 0, 0], "expected": [1, 0, 0]}


def test_a_cluster_has_no_morse_complex_but_all_the_rest(run):
    report = run("network", "lennard_jones", "--set", "atoms=5", "--json").json
    assert (len(report["minima"]), len(report["saddles"])) == (1, 2)
    assert report["betti"]["found"] is None


def test_files(run, tmp_path):
    run("network", "himmelblau", "--graphml", "net.graphml", "--plot", "tree.png")
    assert read_graphml(tmp_path / "net.graphml").number_of_nodes() == 9
    assert (tmp_path / "tree.png").stat().st_size > 2000


def test_same_seed_same_report(run):
    first, second = (run("network", "six_hump_camel", "--seed", 3, "--json").out for _ in range(2))
    assert first == second


def test_a_function_of_ones_own(run, own):
    report = run("network", *own, "--json").json
    assert (len(report["minima"]), len(report["saddles"])) == (4, 4)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--target-coverage", "1"], "1.0 is not in the range 0<x<1"),
        (["--searches", "0"], "0 is not in the range x>=1"),
        (["--graphml", "nowhere/net.graphml"], "there is no folder nowhere"),
        (["--plot", "tree.txt"], "--plot is tree.txt but must end in .png, .pdf or .svg"),
    ],
)
def test_bad_input_is_one_sentence(run, arguments, sentence):
    assert sentence in run("network", "himmelblau", *arguments).sentence


def test_an_existing_file_is_kept(run, tmp_path):
    path = tmp_path / "net.graphml"
    path.write_text("mine")
    assert "exists already" in run("network", "himmelblau", "--graphml", path).sentence
    assert path.read_text() == "mine"
