import json
import zipfile

import numpy as np
import pytest

from landscape.figures import run
from landscape.figures.claims import Claim
from landscape.figures.plots import plot_measured, plot_theory
from landscape.figures.registry import Experiment
from landscape.figures.run import data_bytes, draw_figure, make_figure, read_data, write_atomically
from landscape.figures.style import figure_style, new_figure


def compute(quick, seed, executor):
    return {"x": np.arange(5.0), "word": np.array("hello"), "seed": np.array(seed), "quick": np.array(quick)}


def draw(data):
    figure = new_figure(2.0)
    ax = figure.add_subplot()
    plot_theory(data["x"], data["x"] ** 2, ax, label=r"$\eta\lambda$")
    plot_measured(data["x"], data["x"] ** 2, data["x"] ** 2 - 1, data["x"] ** 2 + 1, ax)
    ax.set(xlabel=str(data["word"]), ylabel="$y$")
    ax.legend()
    return figure


def claims(data):
    return [
        Claim("the sum is ten", data["x"].sum(), expected=10.0, tolerance=0.0),
        Claim("this fails", np.nan, low=0.0, high=1.0),
    ]


@pytest.fixture
def toy(monkeypatch):
    experiment = Experiment("toy", "A toy", "A caption.", compute, claims, draw)
    monkeypatch.setattr(run, "load_experiment", {"toy": experiment}.__getitem__)
    return experiment


def test_everything_is_written_and_reported(toy, tmp_path):
    result = make_figure("toy", tmp_path / "out", quick=True, seed=3)
    folder = tmp_path / "out" / "toy"
    assert sorted(p.name for p in folder.iterdir()) == ["claims.json", "data.npz", "toy.pdf", "toy.png"]
    assert sorted(result.files) == sorted(folder.iterdir())
    assert [claim.holds for claim in result.claims] == [True, False]
    assert result.data_seconds >= 0
    assert result.draw_seconds > 0
    record = json.loads((folder / "claims.json").read_text(), parse_constant=pytest.fail)
    assert record["seed"] == 3
    assert record["quick"] is True
    assert record["claims"][1]["measured"] is None
    data = read_data(folder / "data.npz")
    assert int(data["seed"]) == 3
    assert str(data["word"]) == "hello"


def test_the_same_again_gives_the_same_bytes(toy, tmp_path):
    first, second = (make_figure("toy", tmp_path / name) for name in "ab")
    for one, other in zip(first.files, second.files, strict=True):
        assert one.name == other.name
        assert one.read_bytes() == other.read_bytes()


def test_the_pictures_hold_no_date_and_not_the_program(toy, tmp_path):
    png, pdf = (path.read_bytes() for path in draw_figure(toy, compute(True, 0, None), tmp_path))
    assert png.startswith(b"\x89PNG")
    assert b"Software" not in png
    assert b"CreationDate" not in pdf
    assert b"ModDate" not in pdf


def test_a_picture_does_not_depend_on_the_users_settings(toy, tmp_path):
    import matplotlib

    usual = [path.read_bytes() for path in draw_figure(toy, compute(True, 0, None), tmp_path)]
    with matplotlib.rc_context({"lines.linewidth": 9.0, "font.size": 20.0, "axes.facecolor": "red"}):
        mine = dict(matplotlib.rcParams)
        assert usual == [path.read_bytes() for path in draw_figure(toy, compute(True, 0, None), tmp_path)]
        assert dict(matplotlib.rcParams) == mine


def test_the_style_ends_with_its_block_even_on_an_error():
    import matplotlib

    def fail():
        with figure_style():
            assert matplotlib.rcParams["font.size"] == 8.5
            raise ZeroDivisionError

    before = dict(matplotlib.rcParams)
    with pytest.raises(ZeroDivisionError):
        fail()
    assert dict(matplotlib.rcParams) == before


def test_data_do_not_depend_on_order_and_hold_no_date(tmp_path):
    arrays = {"b": np.arange(3), "a": np.eye(2).T, "c": np.array(["x", "yz"])}
    content = data_bytes(arrays)
    assert content == data_bytes(dict(reversed(arrays.items())))
    path = tmp_path / "data.npz"
    path.write_bytes(content)
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ["a.npy", "b.npy", "c.npy"]
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    back = read_data(path)
    for key, array in arrays.items():
        np.testing.assert_array_equal(back[key], array)
        assert back[key].dtype == array.dtype


@pytest.mark.parametrize("value", [np.array([{}]), np.array([1j]), None])
def test_data_that_are_not_numbers_or_words_are_refused(value):
    with pytest.raises(TypeError, match="figure data 'a' has dtype"):
        data_bytes({"a": value})


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "file"
    write_atomically(path, b"old")

    def fail(*_):
        raise OSError("no room")

    monkeypatch.setattr(run.os, "replace", fail)
    with pytest.raises(OSError, match="no room"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_unknown_figure_makes_no_folder(tmp_path):
    with pytest.raises(ValueError, match="no figure 'nonsense'"):
        make_figure("nonsense", tmp_path / "out")
    assert not (tmp_path / "out").exists()
