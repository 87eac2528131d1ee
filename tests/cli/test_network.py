"""`landscape network`: what it prints, saves and refuses."""

import os

import networkx as nx
import pytest

from landscape import read_graphml, read_pele, write_json
from landscape.cli import network as command
from landscape.cli.charts import why_left_out
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
    assert report["betti"] == {"found": [1, 0, 0], "expected": [1, 0, 0], "why_not": None}


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
    assert report["betti"] == searched["betti"] == {"found": [1, 0, 0], "expected": [1, 0, 0], "why_not": None}
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
    added = report["added_points"]
    told = f"{added} point{' was' if added == 1 else 's were'} found only where the flow leads from saddles"
    assert f"  {told}: searches miss more than their coverage says\n" in run("network", "s.sqlite").text
    assert f"No Betti numbers: {told}: others may be missing\n" in run("network", "s.sqlite").text


def test_a_coverage_that_the_flow_refutes_has_not_been_reached(run):
    """Searches from near the origin, where the octopus is meant to be left, see the first of its arms."""
    asked = ("octopus", "--set", "dim=2", "--json")
    report = run("network", *asked).json
    assert (len(report["minima"]), len(report["saddles"])) == (4, 3)
    assert report["added_points"] > 0
    assert report["coverage"]["by_index"]["1"]["coverage_low"] > 0.99
    assert report["coverage"]["reached"] is False
    barrier = run("barrier", *asked[:1], 0, 1, *asked[1:]).json
    assert (barrier["added_points"], barrier["coverage"]) == (report["added_points"], report["coverage"])
    told = f"{report['added_points']} points were found only where the flow leads from saddles"
    assert told in run("barrier", *asked[:1], 0, 1, *asked[1:-1]).text


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


def test_how_complete_the_set_is_stands_beside_it(run):
    """Five searches of a surface with three minima and two saddles miss some, and say so."""
    outcome = run("network", "muller_brown", "--searches", 5)
    assert "target coverage 0.99 not reached after 5 searches" in outcome.text
    report = run("network", "muller_brown", "--searches", 5, "--json").json
    assert (report["coverage"]["target"], report["coverage"]["reached"], report["coverage"]["searches"]) == (
        0.99,
        False,
        5,
    )
    assert report["coverage"]["sentences"][-1] == "target coverage 0.99 not reached after 5 searches"
    whole = run("network", "muller_brown", "--json").json["coverage"]
    assert (whole["reached"], set(whole["by_index"])) == (True, {"0", "1"})
    assert [whole["by_index"][index]["found"] for index in "01"] == [3, 2]
    assert whole["by_index"]["1"]["coverage_low"] >= 0.99
    text = run("network", "muller_brown").text
    assert all(f"  {sentence}" in text for sentence in whole["sentences"])
    assert "not reached" not in text


def test_there_are_no_betti_numbers_of_a_set_that_is_known_to_be_incomplete(run):
    """One search of Mueller and Brown's surface finds nothing, two of Himmelblau's one minimum of nine points, whose
    Betti numbers are those of the plane."""
    for name, searches, seed, reason in (
        ("muller_brown", 1, 0, "the Morse sum is 0 where a complete set gives 1: points are missing"),
        ("himmelblau", 2, 5, "target coverage 0.99 not reached after 2 searches: points may be missing"),
    ):
        asked = ("network", name, "--searches", searches, "--seed", seed)
        betti = run(*asked, "--json").json["betti"]
        assert betti == {"found": None, "expected": [1, 0, 0], "why_not": reason}
        assert f"\nNo Betti numbers: {reason}\n" in run(*asked).text
    # All of the nine points that are possible are known, whatever the statistics of so few searches tell.
    known = run("network", "himmelblau", "--searches", 100, "--json").json
    assert (known["coverage"]["reached"], known["betti"]["found"]) == (False, [1, 0, 0])


def test_a_study_whose_morse_sum_is_wrong_has_no_betti_numbers(run):
    """One start of Himmelblau's function leads to two minima and to no saddle."""
    run_study(Study(Target("himmelblau"), starts=1, escape_starts=1), store="s.sqlite")
    found = open_study("s.sqlite").points.count_by_index()
    assert found[0] - found.get(1, 0) + found.get(2, 0) != 1
    assert run("network", "s.sqlite", "--json").json["betti"]["found"] is None


def test_a_function_without_a_bottom_is_told_from_a_set_with_points_missing(run, write):
    text = run("network", "quadratic").text
    reason = "a line leaves, far from the saddle or out of the landscape's domain"
    assert f"\nNo Betti numbers: 2 lines from saddles arrive nowhere: {reason}\n" in text
    write("own.py", "def loss(x):\n    return x[..., 0] ** 2 / 2 - x[..., 1] ** 2 + x[..., 1] ** 3 / 3\n")
    betti = run("network", "own.py:loss", "--dim", 2, "--box=-3:3", "--json").json["betti"]
    assert (betti["found"], betti["why_not"]) == (None, f"1 line from a saddle arrives nowhere: {reason}")


@pytest.mark.parametrize(
    ("loss", "degenerate"),
    [("(x[..., 0] ** 2 - 1) ** 2 + x[..., 1] ** 4", 3), ("x[..., 0] ** 2 + x[..., 1] ** 2", 0)],
)
def test_degenerate_points_are_told_of(run, write, loss, degenerate):
    write("own.py", f"def loss(x):\n    return {loss}\n")
    arguments = ("network", "own.py:loss", "--dim", 2, "--box=-2:2", "--searches", 400)
    report = run(*arguments, "--json").json
    assert report["degenerate"] == degenerate
    assert (report["betti"]["found"] is None) == (report["betti"]["why_not"] is not None) == (degenerate > 0)
    text = run(*arguments).text
    assert ("\n3 degenerate points\n" in text) == (degenerate > 0)
    assert ("No Betti numbers: 3 points are degenerate or not critical" in text) == (degenerate > 0)


def test_a_saddle_that_leads_to_another_is_told_of(run, write):
    write(
        "own.py",
        """
        def loss(x):
            a, b = x[..., 0], x[..., 1]
            return (a**2 - 1) ** 2 + b**2 * (0.5 - a) + b**4
        """,
    )
    asked = ("network", "own.py:loss", "--dim", 2, "--box=-2:2")
    saddles = run(*asked, "--json").json["saddles"]
    (split,) = [saddle["destinations"] for saddle in saddles if "destinations" in saddle]
    assert sorted([share for _, share in line] for line in split) == [[0.5, 0.5], [1.0]]
    assert "\n1 saddle leads to another saddle, and so to several minima: told are the" in run(*asked).text


def test_saddles_that_are_left_out_are_told_of_with_the_reason(run):
    """As they are in a graph that was saved; an older one has no reasons, but its lost lines."""
    graph = nx.MultiDiGraph(problem="made", lost=[(2, 0)])
    graph.add_nodes_from((k, {"value": float(k), "kind": "minimum", "index": 0}) for k in range(2))
    graph.add_nodes_from((k, {"value": float(k), "kind": "saddle", "index": 1}) for k in (2, 3))
    graph.add_node(4, value=2.5, kind="degenerate", index=1)
    graph.add_edge(2, 0, branch=1, length=1.0)
    graph.add_edge(3, 0, branch=0, length=1.0)
    graph.add_edge(3, 4, branch=1, length=1.0)
    write_json(graph, "old.json")
    report = run("network", "old.json", "--json").json
    assert (report["source"], report["problem"], report["degenerate"]) == ("old.json", "made", 1)
    assert [(saddle["id"], saddle["value"]) for saddle in report["left_out"]] == [(2, 2.0), (3, 3.0)]
    text = run("network", "old.json").text
    assert "2 minima and 0 saddles of index 1, in 2 pieces" in text
    told = "2 saddles of index 1 are left out: 1 because a line arrives nowhere; 1 because a line ends at no minimum\n"
    assert told in text
    assert "\n1 branch of a saddle ends at no critical point\n" in text
    graph.graph.update(left_out=[(2, "it is flat")], lost=[(2, 0), (3, 1)])
    write_json(graph, "new.json")
    text = run("network", "new.json").text
    assert "\n1 saddle of index 1 is left out because it is flat\n" in text
    assert "\n2 branches of saddles end at no critical point\n" in text


def test_saddles_that_are_left_out_for_the_same_reason_are_told_of_together():
    flat, lost = "it is flat", "a line arrives nowhere"
    assert why_left_out([flat] * 5110) == "5110 saddles of index 1 are left out, each because it is flat"
    assert why_left_out([lost, flat, flat]) == (
        "3 saddles of index 1 are left out: each of 2 because it is flat; 1 because a line arrives nowhere"
    )
    ends = [f"a line ends at the saddle {k} of index 2" for k in range(7)]
    assert why_left_out(ends[:1]) == "1 saddle of index 1 is left out because a line ends at the saddle 0 of index 2"
    assert why_left_out([lost] * 3 + ends) == (
        "10 saddles of index 1 are left out: each of 7 because a line ends at a saddle of index 2; each of 3 because a "
        "line arrives nowhere"
    )
    many = why_left_out([lost] * 3 + [flat] * 2 + ["it is high", "it is low", "it is new"])
    assert many == (
        "8 saddles of index 1 are left out: each of 3 because a line arrives nowhere; each of 2 because it is flat; "
        "1 because it is high; 2 for other reasons, which --json lists"
    )


def test_what_is_saved_is_read_and_told_of_again(run, tmp_path):
    """Each form of file has the same minima and saddles; what has coordinates can be turned into the others."""
    saved = ("--graphml", "g.graphml", "--network-json", "n.json", "--pele", "p.sqlite", "--pathsample", "folder")
    first = run("network", "lennard_jones", "--set", "atoms=6", *saved, "--json").json
    for name in ("g.graphml", "n.json", "p.sqlite", "folder"):
        again = run("network", name, "--json").json
        assert again["source"] == name
        assert again["minima"] == first["minima"]
        heights = [[saddle["value"], sorted(saddle["minima"])] for saddle in again["saddles"]]
        assert heights == [[saddle["value"], sorted(saddle["minima"])] for saddle in first["saddles"]]
        assert (again["coverage"], again["betti"]["found"]) == (None, None)
        passed = run("barrier", name, 1, 0, "--json").json
        assert (passed["height"], passed["source"]) == (first["saddles"][0]["value"], name)
    run("network", "n.json", "--graphml", "again.graphml", "--pele", "again.sqlite")
    assert (tmp_path / "again.graphml").read_bytes() == (tmp_path / "g.graphml").read_bytes()
    run("network", "p.sqlite", "--pathsample", "again", "--plot", "tree.png")
    rows = [(tmp_path / name / "min.data").read_text().splitlines() for name in ("folder", "again")]
    assert [row.split()[:3] for row in rows[0]] == [row.split()[:3] for row in rows[1]]
    assert run("network", "n.json", "--seed", 1).sentence == (
        "--seed is for a search; the points of the network in n.json are taken as they are"
    )
    assert run("network", "folder", "--pele", "q.sqlite").sentence.startswith("network has no coordinates")
    assert run("network", "p.sqlite", "--pathsample", "folder").sentence == "folder/min.data exists already"


def test_an_empty_folder_of_pathsample_is_no_network(run, tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "min.data").write_text("")
    assert run("network", "folder").sentence == "folder/min.data has no minima; expected a line for each"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("[]", "net is not a network in NetworkX's node-link form"),
        ("<a/>", "net is not a network in GraphML"),
        ('{"multigraph": true, "nodes": [{"id": 0}], "edges": []}', "minimum 0 of the network has no value"),
        ('{"multigraph": true, "directed": true, "nodes": [{"id": 0}], "edges": []}', "node 0 has no kind"),
        (
            '{"multigraph": true, "directed": true, "edges": [], "nodes": [{"id": 0, "kind": "minimum", "index": 0, '
            '"value": "x"}]}',
            "net is no network of critical points: node 0 has the value 'x'; expected a finite value",
        ),
        (
            '{"multigraph": true, "directed": true, "edges": [], "graph": {"lost": [1]}, "nodes": []}',
            "net is no network of critical points:",
        ),
        (
            '{"multigraph": true, "edges": [], "graph": {"left_out": [1]}, "nodes": []}',
            "net is no network of critical points:",
        ),
        (
            '{"multigraph": true, "nodes": [{"id": 0, "value": 0.0}], "edges": [{"source": 0, "target": 0, "key": 1, '
            '"value": 1.0, "saddle": 1, "ends": 0, "barriers": [1, 1]}]}',
            "net is no network of critical points: the saddle that joins the minima 0 and 0 has the ends 0",
        ),
    ],
)
def test_what_is_no_network_is_one_sentence(run, write, content, sentence):
    write("net", content)
    assert sentence in run("network", "./net").sentence


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


@pytest.mark.parametrize(
    ("problem", "outputs"),
    [
        (
            ("phase_retrieval",),
            ("--graphml", "a.graphml", "--pele", "a.sqlite", "--plot", "a.pdf", "--pathsample", "a"),
        ),
        (("degenerate.py:loss", "--dim", 2, "--box=-2:2"), ("--network-json", "a.json", "--pathsample", "a")),
    ],
)
def test_all_files_are_written_or_none(run, write, tmp_path, problem, outputs):
    """What one format cannot tell is found out when others have been made already."""
    write(
        "degenerate.py", "def loss(x):\n    return (x[..., 0] ** 2 - 1) ** 2 * (1 + x[..., 1] ** 2) + x[..., 1] ** 4\n"
    )
    before = sorted(tmp_path.iterdir())
    sentence = run("network", *problem, "--searches", 200, *outputs).sentence
    assert "the point" in sentence
    assert f".{os.getpid()}." not in sentence
    assert sorted(tmp_path.iterdir()) == before


def test_a_folder_of_pathsample_is_made_or_filled(run, tmp_path):
    for _ in range(2):
        assert "saved for PATHSAMPLE in ps" in run("network", "muller_brown", "--pathsample", "ps").err
        assert sorted(path.name for path in (tmp_path / "ps").iterdir()) == ["min.data", "ts.data"]
        assert [path.name for path in tmp_path.iterdir()] == ["ps"]
        for path in (tmp_path / "ps").iterdir():
            path.unlink()


def test_an_existing_file_is_kept(run, tmp_path):
    path = tmp_path / "net.graphml"
    path.write_text("mine")
    assert "exists already" in run("network", "himmelblau", "--graphml", path).sentence
    assert path.read_text() == "mine"
