"""`landscape network`: what it prints, saves and refuses."""

import networkx as nx
import pytest

from landscape.cli import network as command
from landscape.network.export import read_graphml
from landscape.network.pele import read_pele
from landscape.study.declaration import Study
from landscape.study.result import open_study
from landscape.study.run import StudyInterrupted, run_study
from landscape.study.target import Target


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
    run("network", "himmelblau", "--graphml", "net.graphml", "--plot", "tree.png", "--pele", "pele.sqlite")
    assert read_graphml(tmp_path / "net.graphml").number_of_nodes() == 9
    again = read_pele(tmp_path / "pele.sqlite")
    assert (again.number_of_nodes(), again.number_of_edges(), again.graph["problem"]) == (4, 4, "himmelblau")
    assert (tmp_path / "tree.png").stat().st_size > 2000


def test_same_seed_same_report(run):
    first, second = (run("network", "six_hump_camel", "--seed", 3, "--json").out for _ in range(2))
    assert first == second


def test_a_function_of_ones_own(run, own):
    report = run("network", *own, "--json").json
    assert (len(report["minima"]), len(report["saddles"])) == (4, 4)


def test_the_points_of_a_study_are_connected(run):
    """The same network as a search's, and the study's file is left as it was."""
    run_study(Study(Target("muller_brown"), starts=400, escape_starts=5), store="s.sqlite")
    with open("s.sqlite", "rb") as file:
        before = file.read()
    outcome = run("network", "s.sqlite", "--json", "--pele", "pele.sqlite", "--graphml", "net.graphml")
    searched = run("network", "muller_brown", "--json").json
    report = outcome.json
    assert (report["problem"], report["study"], searched["study"]) == ("muller_brown", "s.sqlite", None)
    assert (report["incomplete"], report["added_points"], report["components"]) == (None, 0, 1)
    assert report["betti"] == searched["betti"] == {"found": [1, 0, 0], "expected": [1, 0, 0]}
    for kind in ("minima", "saddles"):
        assert [point["id"] for point in report[kind]] == [point["id"] for point in searched[kind]]
        expected = pytest.approx([point["value"] for point in searched[kind]], abs=1e-9)
        assert [point["value"] for point in report[kind]] == expected
    assert run("network", "s.sqlite", "--json").out == outcome.out
    with open("s.sqlite", "rb") as file:
        assert file.read() == before
    text = run("network", "s.sqlite").text
    assert text.startswith("3 minima and 2 saddles of index 1, in 1 piece\n")


def test_minima_that_a_study_lacks_are_added_and_told_of(run):
    """From three starts the study knows three saddles, whose ends are all four minima."""
    run_study(Study(Target("himmelblau"), starts=3, escape_starts=1), store="s.sqlite")
    known = open_study("s.sqlite").points.count_by_index()
    report = run("network", "s.sqlite", "--json").json
    assert report["added_points"] == len(report["minima"]) - known[0] > 0
    assert report["betti"]["found"] is None
    told = f"Points found only where the flow leads from the saddles: {report['added_points']}"
    assert told in run("network", "s.sqlite").text


def test_a_study_that_is_not_complete_says_so(run):
    with pytest.raises(StudyInterrupted):
        run_study(Study(Target("himmelblau"), starts=1100), store="s.sqlite", stop=iter([False, True]).__next__)
    assert run("network", "s.sqlite").text.startswith("s.sqlite is incomplete: 1 of 2 chunks of descent and search\n")
    assert run("network", "s.sqlite", "--json").json["incomplete"].startswith("incomplete: 1 of 2")


def test_a_function_that_fails_in_places_is_connected_all_the_same(run, write):
    write(
        "own.py",
        """
        def loss(x):
            if x[0] > 1.5:
                raise ZeroDivisionError("too far")
            return (x[0] ** 2 - 1) ** 2 + (x[1] ** 2 - 1) ** 2
        """,
    )
    target = Target("own.py:loss", dim=2, box=((-2.0, 2.0),))
    run_study(Study(target, starts=200, escape_starts=2), store="s.sqlite")
    report = run("network", "s.sqlite", "--json").json
    assert (len(report["minima"]), len(report["saddles"]), report["lost_branches"]) == (4, 4, 0)


def test_what_is_no_study_or_no_longer_the_study_of_its_function(run, fresh, write, own, tmp_path):
    write("notes.txt", "mine")
    assert run("network", "notes.txt").sentence == "notes.txt is not a study: file is not a database"
    assert run("network", "none.sqlite").sentence == "there is no file 'none.sqlite'"
    run("study", *own, "--starts", 50, "--store", "s.sqlite")
    write("own.py", "def loss(x):\n    return (x**4).sum(axis=-1)\n")
    assert fresh("network", "s.sqlite").sentence == (
        "s.sqlite holds another study: the file of own.py:loss has changed since"
    )
    (tmp_path / "own.py").unlink()
    assert fresh("network", "s.sqlite").sentence == "there is no file 'own.py'"
    assert not (tmp_path / "tree.png").exists()


@pytest.mark.parametrize(
    ("option", "value"),
    [("--seed", "0"), ("--searches", "100"), ("--target-coverage", "0.99"), ("--dim", "2"), ("--box", "0:1")],
)
def test_a_search_is_not_asked_of_a_study(run, option, value):
    run_study(Study(Target("himmelblau"), starts=20, escape_starts=1), store="s.sqlite")
    assert run("network", "s.sqlite", option, value).sentence == (
        f"{option} is for a search; the points of the study in s.sqlite are taken as they are"
    )


def test_a_problem_of_the_zoo_goes_before_a_file_of_its_name(run, write):
    write("himmelblau", "mine")
    assert "4 minima and 4 saddles" in run("network", "himmelblau").text
    assert run("network", "./himmelblau").sentence == "himmelblau is not a study: file is not a database"


def test_a_crowded_tree_is_drawn_at_few_levels(tmp_path):
    chain = nx.MultiGraph()
    chain.add_nodes_from((node, {"value": float(node)}) for node in range(301))
    for node in range(300):
        chain.add_edge(node, node + 1, key=301 + node, value=node + 1.5, saddle=301 + node)
    assert command._draw(chain, tmp_path / "tree.png") == "; basins are joined at 60 equally spaced levels"
    chain.remove_node(300)
    assert command._draw(chain, tmp_path / "small.png") == ""


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--pele", "nowhere/net.sqlite"], "there is no folder nowhere"),
        (["--pele", "net", "--graphml", "net"], "net is given for two files"),
        (["--target-coverage", "1"], "1.0 is not in the range 0<x<1"),
        (["--searches", "0"], "0 is not in the range x>=1"),
        (["--graphml", "nowhere/net.graphml"], "there is no folder nowhere"),
        (["--plot", "tree.txt"], "--plot is 'tree.txt' but must end in .png, .pdf or .svg"),
    ],
)
def test_bad_input_is_one_sentence(run, arguments, sentence):
    assert sentence in run("network", "himmelblau", *arguments).sentence


def test_an_existing_file_is_kept(run, tmp_path):
    path = tmp_path / "net.graphml"
    path.write_text("mine")
    assert "exists already" in run("network", "himmelblau", "--graphml", path).sentence
    assert path.read_text() == "mine"
