"""`landscape barrier`: the lowest pass, and what is refused."""

import networkx as nx
import pytest

from landscape import disconnectivity, read_graphml, write_json
from landscape.study.declaration import Study
from landscape.study.run import run_study
from landscape.study.target import Target


def test_the_reaction_path_of_mueller_and_brown(run):
    report = run("barrier", "muller_brown", 0, 1, "--json").json
    assert report["height"] == pytest.approx(-40.6648435087, abs=1e-6)
    assert report["barriers"] == pytest.approx([106.0346737013, 67.5018806083], abs=1e-6)
    assert [point["id"] for point in report["minima"]] == [0, 2, 1]
    assert [point["id"] for point in report["saddles"]] == [4, 3]


def test_in_words(run):
    text = run("barrier", "muller_brown", 1, 2).text
    assert "barrier 35.9178 from minimum 1, 8.51888 from minimum 2" in text
    assert [line.split()[0] for line in text.splitlines()[-3:]] == ["minimum", "saddle", "minimum"]


def test_a_barrier_may_be_too_high_where_saddles_are_missing(run):
    text = run("barrier", "muller_brown", 1, 2).text
    assert "The height is an upper bound: a saddle that is missing can only make it lower\n  Index 0: found 3" in text
    report = run("barrier", "muller_brown", 1, 2, "--json").json
    assert (report["coverage"]["reached"], report["left_out"]) == (True, [])
    # With five searches one of the two saddles is not found: minimum 0 is a piece of its own.
    sentence = run("barrier", "muller_brown", 0, 1, "--searches", 5).sentence
    assert sentence.startswith("no path of known saddles joins the minima 0 and 1; target coverage 0.99 not reached")


def test_a_minimum_is_no_climb_from_itself(run):
    text = run("barrier", "muller_brown", 1, 1).text
    assert "barrier 0 from minimum 1, 0 from minimum 1" in text
    assert "saddle" not in text
    report = run("barrier", "muller_brown", 1, 1, "--json").json
    assert (report["saddles"], report["added_points"], report["degenerate"]) == ([], 0, 0)


def test_a_saddle_has_its_own_height_whatever_its_key_is(run, tmp_path):
    """In a network whose edges NetworkX has numbered from 0 for each pair of minima."""
    chain = nx.MultiGraph(problem="chain")
    chain.add_nodes_from((node, {"value": 0.0}) for node in range(3))
    for a, height in ((0, 3.0), (1, 9.0)):
        chain.add_edge(a, a + 1, value=height, saddle=3 + a, ends=f"[{a}, {a + 1}]", barriers=f"[{height}, {height}]")
    nx.write_graphml(chain, tmp_path / "chain.graphml")
    report = run("barrier", "chain.graphml", 0, 1, "--json").json
    assert (report["height"], report["saddles"]) == (3.0, [{"id": 3, "value": 3.0}])
    assert report["height"] == disconnectivity(read_graphml(tmp_path / "chain.graphml")).barrier(0, 1)
    assert "barrier 3 from minimum 0" in run("barrier", "chain.graphml", 0, 1).text
    both = run("barrier", "chain.graphml", 0, 2, "--json").json["saddles"]
    assert both == [{"id": 3, "value": 3.0}, {"id": 4, "value": 9.0}]


def test_a_saddle_below_its_minimum_is_refused_by_every_command(run):
    low = nx.MultiGraph()
    low.add_nodes_from((node, {"value": value}) for node, value in enumerate((-146.0, -81.0)))
    low.add_edge(0, 1, key=2, value=-400.0, saddle=2, ends=(0, 1), barriers=(-254.0, -319.0))
    write_json(low, "low.json")
    expected = (
        "low.json is no network of critical points: saddle 2 at -400 is lower than minimum 1 at -81, which it joins"
    )
    assert run("barrier", "low.json", 0, 1).sentence == run("network", "low.json").sentence == expected


def test_points_of_a_study_have_the_numbers_that_network_gives_them(run):
    """Also where points are added: three starts leave minima of Himmelblau's function to be found by the flow."""
    for starts, added in ((3, True), (400, False)):
        run_study(Study(Target("himmelblau"), starts=starts, escape_starts=1), store=f"{starts}.sqlite")
        network = run("network", f"{starts}.sqlite", "--json").json
        assert (network["added_points"] > 0) == added
        value = {point["id"]: point["value"] for point in (*network["minima"], *network["saddles"])}
        report = run("barrier", f"{starts}.sqlite", 0, 3, "--json").json
        assert (report["problem"], report["study"]) == ("himmelblau", f"{starts}.sqlite")
        for point in (*report["minima"], *report["saddles"]):
            assert point["value"] == value[point["id"]]
        assert report["height"] == max(point["value"] for point in report["saddles"])


def test_a_search_is_not_asked_of_a_study(run):
    run_study(Study(Target("himmelblau"), starts=20, escape_starts=1), store="s.sqlite")
    assert run("barrier", "s.sqlite", 0, 1, "--set", "a=1").sentence == (
        "--set is for a search; the points of the study in s.sqlite are taken as they are"
    )
    assert run("barrier", "none.sqlite", 0, 1).sentence == "there is no file 'none.sqlite'"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["himmelblau", "0", "9"], "there is no minimum 9; the minima are 0 to 3"),
        (["himmelblau", "0", "-1"], "No such option"),
        (["himmelblau", "0", "x"], "'x' is not a valid integer range"),
        (["himmelblau", "0"], "Missing argument 'B'"),
        (["himmelbau", "0", "1"], "himmelbau"),
    ],
)
def test_bad_input_is_one_sentence(run, arguments, sentence):
    assert sentence in run("barrier", *arguments).sentence
