"""The whole chain on landscapes whose answer is known, and the same bits whoever computes it."""

import contextlib
import dataclasses
import sqlite3
import time

import numpy as np
import pytest
from scipy import stats

from landscape.critical.points import Kind
from landscape.descent.ensemble import DescentStatus
from landscape.escape.survey import ESCAPE_RADIUS
from landscape.network.branches import Branches, saddle_groups
from landscape.parallel import make_executor
from landscape.problems import problem
from landscape.random import stream
from landscape.study import chunks as module
from landscape.study.chunks import ESCAPE, EXPLORATION, NETWORK, SEARCH, Escapes, Part, escape_groups
from landscape.study.declaration import Study
from landscape.study.run import declaration, run_study, state_of
from landscape.study.store import RESULT, Store
from landscape.study.target import Target


def test_himmelblau_is_found_whole(himmelblau):
    points = himmelblau.points
    assert points.count_by_index() == {0: 4, 1: 4, 2: 1}
    assert points.euler.holds
    # Reference values: the values of Himmelblau's saddles and of its maximum
    expected = [0, 0, 0, 0, 13.3119262704, 67.7191500875, 104.015162918, 178.337239202, 181.616521523]
    np.testing.assert_allclose(points.value, expected, rtol=1e-10, atol=1e-20)
    assert himmelblau.parameters == {}
    assert himmelblau.note == ""


def test_every_search_is_accounted_for(himmelblau):
    points, starts = himmelblau.points, himmelblau.study.starts
    # each start is searched from by Newton's method, by a climb to a saddle, and from the end of its descent; the
    # exploration that follows makes one more search a start
    converged = int((himmelblau.descent.status == DescentStatus.CONVERGED).sum())
    assert sum(points.search_counts.values()) == 3 * starts + converged
    assert points.found.sum() == points.search_counts["converged"]
    assert sum(himmelblau.descent.count().values()) == starts == len(himmelblau.basin)


def test_each_basin_is_the_minimum_where_its_descent_ended(himmelblau):
    points, descent, basin = himmelblau.points, himmelblau.descent, himmelblau.basin
    assert (basin[descent.status == DescentStatus.CONVERGED] >= 0).all()
    assert (basin[descent.status != DescentStatus.CONVERGED] == -1).all()
    arrived = basin >= 0
    assert (points.kind[basin[arrived]] == Kind.MINIMUM).all()
    np.testing.assert_allclose(points.value[basin[arrived]], descent.value[arrived], atol=1e-10)
    np.testing.assert_allclose(points.x[basin[arrived]], descent.x[arrived], atol=1e-6)


def test_basins_have_the_sizes_that_the_gradient_flow_gives_them(himmelblau):
    # Reference values: basins of the flow on [-6, 6]^2, from a grid of 600 x 600
    known = {(3.0, 2.0): 0.2496, (3.584, -1.848): 0.2489, (-3.779, -3.283): 0.2433, (-2.805, 3.131): 0.2582}
    counts = np.bincount(himmelblau.basin, minlength=len(himmelblau.points))
    observed, expected = [], []
    for place, fraction in known.items():
        row = np.linalg.norm(himmelblau.points.x - place, axis=1).argmin()
        observed.append(counts[row])
        expected.append(fraction)
    assert sum(observed) == himmelblau.study.starts
    expected = np.array(expected) / sum(expected) * sum(observed)
    assert stats.chisquare(observed, expected).pvalue > 1e-3  # the error rate of this test


def test_escape_is_as_the_linear_part_predicts(himmelblau):
    escapes, points = himmelblau.escapes, himmelblau.points
    np.testing.assert_array_equal(escapes.point, np.flatnonzero(points.kind == Kind.SADDLE))
    assert escapes.starts == 100
    assert (escapes.escaped == 100).all()
    np.testing.assert_allclose(escapes.lr * np.abs(points.eigenvalues[escapes.point]).max(axis=1), 0.5, rtol=1e-12)
    np.testing.assert_allclose(escapes.radius, ESCAPE_RADIUS * problem("himmelblau").manifold.length_scale * np.sqrt(2))
    assert (np.abs(escapes.median_steps - escapes.predicted_median_steps) <= 2).all()
    # one unstable direction: ln(r / |u_0|) / ln(1 + lr |lambda|); from a disk of radius r / 100 the median of |u_0| is
    # 0.404 r / 100, whose sampling error among 100 starts is about a quarter of itself
    unstable = np.log1p(escapes.lr * np.abs(points.eigenvalues[escapes.point, 0]))
    assert (np.abs(escapes.median_steps * unstable - np.log(100 / 0.404)) < 4 * 0.12 + unstable).all()


def test_processes_give_the_same_bits_as_this_process(himmelblau, differing):
    with make_executor(2) as executor:
        assert differing(run_study(himmelblau.study, executor), himmelblau) == []


def test_the_same_declaration_gives_the_same_bits_and_another_seed_does_not(differing):
    study = Study(Target("xy_chain"), starts=60, seed=4)
    once = run_study(study)
    assert differing(run_study(study), once) == []
    other = run_study(dataclasses.replace(study, seed=5))
    assert not (other.descent.start == once.descent.start).any()


def test_more_starts_extend_a_study(himmelblau):
    shorter = run_study(dataclasses.replace(himmelblau.study, starts=1000))
    for name in ("start", "x", "value", "steps"):
        one, all_of_them = getattr(shorter.descent, name), getattr(himmelblau.descent, name)
        np.testing.assert_array_equal(one, all_of_them[:1000], err_msg=name)


def test_starts_are_drawn_from_the_studys_own_stream(himmelblau):
    study, landscape = himmelblau.study, himmelblau.study.target.load()
    chunks = [
        landscape.starts(stream(study.seed, {"starts": study.cell()}, chunk), size)
        for chunk, size in enumerate(study.chunk_sizes(2))
    ]
    np.testing.assert_array_equal(himmelblau.descent.start, np.concatenate(chunks))


def test_progress_counts_every_chunk_of_every_phase(monkeypatch):
    monkeypatch.setattr(module, "SADDLES_PER_CHUNK", 3)
    monkeypatch.setattr("landscape.network.branches._SADDLES_PER_GROUP", 1)
    seen = []
    run_study(Study(Target("himmelblau"), starts=1200), progress=lambda *report: seen.append(report))
    search = [("descent and search", done, 2) for done in (0, 1, 2)]
    exploration = [("exploration", done, 2) for done in (0, 1, 2)]
    escape = [("escape", done, 2) for done in (0, 1, 2)]
    assert seen == search + exploration + escape + [("network", done, 4) for done in (0, 1, 2, 3, 4)]


def test_a_degenerate_landscape_has_no_saddle_to_leave():
    result = run_study(Study(Target("monkey_saddle"), starts=30))
    assert len(result.points) == len(result.points.degenerate) == 1
    assert len(result.escapes) == 0
    assert result.escapes.starts == 100
    assert result.points.euler.holds is None


def test_one_coordinate():
    result = run_study(Study(Target("double_well", (("dim", 1),)), starts=40))
    np.testing.assert_allclose(np.sort(result.points.x[:, 0]), [-1, 0, 1], atol=1e-12)
    assert result.points.count_by_index() == {0: 2, 1: 1}
    assert len(result.escapes) == 0  # the point between is a maximum
    np.testing.assert_allclose(np.abs(result.descent.x), 1, atol=1e-6)


def test_a_diverging_landscape_is_reported_and_not_dropped():
    result = run_study(Study(Target("quadratic", (("eigenvalues", (-1.0, -2.0)),)), starts=25))
    assert result.points.count_by_index() == {2: 1}
    assert (result.basin == -1).all()
    assert sum(result.descent.count().values()) == 25
    assert result.descent.count()["converged"] == 0


@pytest.fixture
def own(tmp_path):
    def write(text, **options):
        (tmp_path / "own.py").write_text("import numpy as np\nfrom landscape import Landscape\n" + text)
        return Target(f"{tmp_path / 'own.py'}:made", **options)

    return write


def test_nan_at_every_start_is_refused_before_any_work(own, monkeypatch):
    monkeypatch.setattr("landscape.study.run.search_chunk", None)
    target = own("def made(x):\n    return np.nan * x.sum(axis=-1)\n", dim=2)
    with pytest.raises(ValueError, match=r"own\.py:made is not finite at any of the 30 starts$"):
        run_study(Study(target, starts=30))


def test_nan_at_some_starts_is_reported(own):
    target = own("def made(x):\n    return np.where(x[..., 0] < -0.5, np.nan, (x**2).sum(axis=-1))\n", dim=3)
    result = run_study(Study(target, starts=30))
    bad, good = result.descent.start[:, 0] < -0.5, result.descent.start[:, 0] > -0.3  # between, differences reach over
    assert bad.any()
    assert (result.descent.status[bad] == DescentStatus.NON_FINITE).all()
    assert (result.basin[bad] == -1).all()
    assert (result.basin[good] == 0).all()
    assert result.points.count_by_index() == {0: 1}
    assert result.points.search_counts["non_finite"] > 0


def test_parameters_are_those_given_and_those_of_the_landscape_as_plain_values(own):
    text = """
def made(a=1.0, shape=(2,)):
    bowl = Landscape.from_function(lambda x: a * (x**2).sum(axis=-1), dim=2)
    own = {"array": np.arange(3), "number": np.float64(2.5), "nan": float("nan"), "deep": {"er": (1, np.bool_(True))}}
    return bowl.with_options(parameters=own)
"""
    result = run_study(Study(own(text, parameters=(("a", 2.0), ("shape", (3, 4)))), starts=10))
    assert result.parameters == {
        "a": 2.0,
        "shape": [3, 4],
        "array": [0, 1, 2],
        "number": 2.5,
        "nan": "nan",
        "deep": {"er": [1, True]},
    }


def test_going_on_with_a_finished_study_of_a_hundred_thousand_points_takes_no_time(himmelblau, tmp_path):
    """Two thousand chunks of escape are read and checked, with their arrays; a look-up of each, which reads the whole
    table, would take ten times as long."""
    study, path, copies = dataclasses.replace(himmelblau.study, starts=1000), tmp_path / "study.sqlite", 11_111
    points = type(himmelblau.points).concatenate([himmelblau.points] * copies)
    part = himmelblau.descent[:1000]
    with Store.in_memory(declaration(study)) as store:
        store.put(SEARCH, 0, Part(points, part, himmelblau.basin[:1000]))
        store.put(EXPLORATION, 0, Part(points))
        store.put(RESULT, 0, Part(points, basin=himmelblau.basin[:1000]))
        for number, rows in enumerate(escape_groups(points)):
            of_rows = np.full(len(rows), 7.5)
            store.put(ESCAPE, number, Part(escapes=Escapes(rows, of_rows, of_rows, rows, of_rows, of_rows, starts=9)))
        for number, rows in enumerate(saddle_groups(points)):
            two = np.stack([rows, rows], axis=1)
            store.put(NETWORK, number, Part(branches=Branches(rows, two, 1.0 * two, two)))
        with contextlib.closing(sqlite3.connect(path)) as file:
            store.connection.backup(file)
    times = []
    for _ in range(3):  # others use the machine too
        began = time.process_time()
        state_of(path, study)
        result = run_study(study, store=path)
        times.append(time.process_time() - began)
    assert (len(result.points), len(result.escapes), result.unfinished) == (9 * copies, 4 * copies, None)
    assert len(result.branches) == 4 * copies
    assert min(times) < 1  # of the two seconds that a user waits, Python's start takes the other
