import json

import numpy as np
import pytest

from landscape.figures.registry import experiment_names, load_experiment
from landscape.figures.run import draw_figure, make_figure, read_data
from landscape.parallel import make_executor


def check(name, out):
    result = make_figure(name, out, quick=True, seed=0)
    assert result.claims
    assert [claim for claim in result.claims if not claim.holds] == []
    assert sorted(file.name for file in result.files) == sorted(
        ["data.npz", "claims.json", f"{name}.png", f"{name}.pdf"]
    )
    assert sum(file.stat().st_size for file in result.files) < 3_000_000
    json.loads((out / name / "claims.json").read_text(encoding="utf-8"), parse_constant=pytest.fail)
    data = read_data(out / name / "data.npz")
    assert all(np.isfinite(array).all() for array in data.values() if array.dtype.kind == "f")

    again = out / "again"
    again.mkdir()
    for picture in draw_figure(load_experiment(name), data, again):
        assert picture.read_bytes() == (out / name / picture.name).read_bytes()


def test_the_worked_example(tmp_path):
    check("linear_regression", tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in experiment_names() if name != "linear_regression"])
def test_every_experiment_in_quick_mode(name, tmp_path):
    check(name, tmp_path)


@pytest.mark.slow
def test_the_data_do_not_depend_on_the_number_of_workers():
    compute = load_experiment("cluster_landscape").compute
    with make_executor(2) as executor:
        two = compute(True, 1, executor)
    one = compute(True, 1, None)
    assert one.keys() == two.keys()
    for key in one:
        np.testing.assert_array_equal(one[key], two[key])


def test_axes_have_labels():
    name = "linear_regression"
    experiment = load_experiment(name)
    figure = experiment.draw(experiment.compute(True, 0, None))
    for ax in figure.axes:
        assert ax.get_xlabel()
        assert ax.get_ylabel()
