"""Data sets: bundled, synthetic, and the user's own."""

import re
import sys

import numpy as np
import pytest
from click.testing import CliRunner

from landscape.cli import main
from landscape.problems.data import BUNDLED, load_data

SHAPES = {
    "digits": (1797, 64),
    "digits_4x4": (1797, 16),
    "iris": (150, 4),
    "breast_cancer": (569, 30),
    "diabetes": (442, 10),
}
CLASSES = {"digits": 10, "digits_4x4": 10, "iris": 3, "breast_cancer": 2}


@pytest.mark.parametrize("name", BUNDLED)
def test_bundled_sets_are_standardised(name):
    pytest.importorskip("sklearn")
    table = load_data(name)
    assert table.inputs.shape == SHAPES[name]
    np.testing.assert_allclose(table.inputs.mean(axis=0), 0, atol=1e-12)
    variance = table.inputs.var(axis=0)
    np.testing.assert_allclose(variance[variance > 0], 1, rtol=1e-10)
    if name == "diabetes":
        targets = table.targets("squared_error")
        assert targets.shape == (442, 1)
        assert targets.var() == pytest.approx(1, rel=1e-12)
    else:
        for loss in ("squared_error", "cross_entropy"):
            targets = table.targets(loss)
            assert targets.shape == (SHAPES[name][0], CLASSES[name])
            assert (targets.sum(axis=1) == 1).all()


def test_pooled_digits_are_means_of_four_pixels():
    datasets = pytest.importorskip("sklearn.datasets")
    images = datasets.load_digits().images
    pooled = (images[:, ::2, ::2] + images[:, 1::2, ::2] + images[:, ::2, 1::2] + images[:, 1::2, 1::2]) / 4
    pooled = pooled.reshape(-1, 16)
    expected = (pooled - pooled.mean(axis=0)) / pooled.std(axis=0)
    np.testing.assert_allclose(load_data("digits_4x4").inputs, expected, rtol=1e-10, atol=1e-10)


def test_samples_are_the_same_every_time_and_of_all_classes():
    pytest.importorskip("sklearn")
    table = load_data("iris", samples=30)
    assert table.inputs.shape == (30, 4)
    assert table.targets("cross_entropy").shape == (30, 3)
    np.testing.assert_array_equal(table.inputs, load_data("iris", samples=30).inputs)
    with pytest.raises(ValueError, match="samples is 151 but iris has 150"):
        load_data("iris", samples=151)


def test_without_scikit_learn_the_command_that_installs_it_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    sentence = "iris comes with scikit-learn, which is not installed; install it with: pip install 'landscape[data]'"
    with pytest.raises(ImportError, match=re.escape(sentence)):
        load_data("iris")
    assert load_data("chebyshev3").inputs.shape == (20, 1)


@pytest.mark.parametrize(
    "words",
    [
        ["study", "mlp", "--set", "data=iris"],
        ["descend", "mlp", "--set", "data=iris"],
        ["spectrum", "linear_autoencoder", "--set", "data=iris"],
    ],
)
def test_commands_tell_it_in_one_sentence(monkeypatch, tmp_path, words):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 2
    assert result.output.strip().splitlines()[-1] == (
        "landscape: iris comes with scikit-learn, which is not installed; "
        "install it with: pip install 'landscape[data]'"
    )
    assert "Traceback" not in result.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("degree", "formula"), [(0, lambda x: 1 + 0 * x), (3, lambda x: 4 * x**3 - 3 * x)])
def test_chebyshev_polynomials(degree, formula):
    table = load_data(f"chebyshev{degree}", samples=7)
    np.testing.assert_allclose(table.inputs[:, 0], np.linspace(-1, 1, 7))
    np.testing.assert_allclose(table.targets("squared_error")[:, 0], formula(table.inputs[:, 0]), atol=1e-14)


@pytest.mark.parametrize("header", ["", "length,width,kind\n"])
def test_own_csv(tmp_path, header):
    path = tmp_path / "own.csv"
    path.write_text(header + "1.0, 2.5, red\n-3, 4, blue\n\n0.5, 1e-3, red\n")
    table = load_data(str(path))
    np.testing.assert_array_equal(table.inputs, [[1, 2.5], [-3, 4], [0.5, 1e-3]])
    np.testing.assert_array_equal(table.targets("squared_error"), [[0, 1], [1, 0], [0, 1]])
    path.write_text("1,2\n3,4\n5,2\n")
    table = load_data(str(path))
    np.testing.assert_array_equal(table.targets("squared_error"), [[2], [4], [2]])
    np.testing.assert_array_equal(table.targets("cross_entropy"), [[1, 0], [0, 1], [1, 0]])


def test_own_npz(tmp_path):
    path = tmp_path / "own.npz"
    x, y = np.arange(6.0).reshape(3, 2), np.arange(9.0).reshape(3, 3)
    np.savez(path, x=x, y=y)
    table = load_data(str(path), samples=2)
    assert table.inputs.shape == (2, 2)
    assert table.targets("squared_error").shape == (2, 3)
    with pytest.raises(ValueError, match="cross_entropy needs one class a sample"):
        table.targets("cross_entropy")


def test_classes_are_numbered_in_their_order(tmp_path):
    path = tmp_path / "own.npz"
    x = np.ones((4, 2))
    for answers, expected in (
        (["b", "a", "c", "a"], [1, 0, 2, 0]),
        ([1.0, -1.0, -1.0, 1.0], [1, 0, 0, 1]),
        ([True, False, True, True], [1, 0, 1, 1]),
        ([[10], [9], [9], [10]], [1, 0, 0, 1]),
    ):
        np.savez(path, x=x, y=answers)
        label, classes = load_data(str(path)).labels("this")
        assert label.tolist() == expected
        assert classes == max(expected) + 1
        np.testing.assert_array_equal(load_data(str(path)).targets("cross_entropy"), np.eye(classes)[expected])


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ([3, 3, 3], r"has answers of shape \(3,\) with 1 different value$"),
        ([0.5, 1, 2], r"has answers of shape \(3,\) with 3 different values, not all of them whole"),
        ([[0, 1], [1, 0], [0, 1]], r"has answers of shape \(3, 2\) with 2 different values$"),
    ],
)
def test_answers_that_are_no_classes(tmp_path, answers, told):
    path = tmp_path / "own.npz"
    np.savez(path, x=np.ones((3, 2)), y=answers)
    with pytest.raises(ValueError, match=r"^this needs one class a sample, .*own\.npz " + told):
        load_data(str(path)).labels("this")


@pytest.mark.parametrize("header", ["", "0,1,target\n", ",width,target\n"])
def test_no_sample_is_taken_for_names(tmp_path, header):
    path = tmp_path / "own.csv"
    path.write_text(header + "1,2,5\n3,4,6\n", encoding="utf-8-sig")  # with the mark that spreadsheets put first
    table = load_data(str(path))
    np.testing.assert_array_equal(table.inputs, [[1, 2], [3, 4]])
    np.testing.assert_array_equal(table.answers, [5, 6])


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "expected lines with as many numbers each"),
        ("1,2,3\n4,5\n", "expected lines with as many numbers each"),
        ("1,2,3\nx,5,6\n", "expected lines with as many numbers each"),
        ("1,2,3\nnan,5,6\n", "has numbers that are not finite"),
        ("1\n2\n", r"has inputs of shape \(2, 0\)"),
        ("1,,red\n3,4,blue\n", "expected lines with as many numbers each"),
        ("1,2,red\n3,4,\n", "expected lines with as many numbers each"),
    ],
)
def test_files_that_are_no_tables(tmp_path, content, sentence):
    path = tmp_path / "own.csv"
    path.write_text(content)
    with pytest.raises(ValueError, match=sentence):
        load_data(str(path))


def test_archives_that_are_no_data(tmp_path):
    path = tmp_path / "own.npz"
    np.savez(path, inputs=np.ones(3))
    with pytest.raises(ValueError, match="expected numeric arrays named x and y"):
        load_data(str(path))
    path.write_text("not an archive")
    with pytest.raises(ValueError, match="expected numeric arrays named x and y"):
        load_data(str(path))
    for inputs, answers in ((1j * np.ones((3, 2)), np.ones(3)), (np.ones((3, 2)), 1j * np.ones(3))):
        np.savez(path, x=inputs, y=answers)
        with pytest.raises(ValueError, match="expected numeric arrays named x and y"):
            load_data(str(path))
    np.savez(path, x=np.ones((3, 2)), y=np.ones(4))
    with pytest.raises(ValueError, match=r"inputs of shape \(3, 2\) and answers of shape \(4,\)"):
        load_data(str(path))


def test_damaged_and_foreign_files(tmp_path):
    path = tmp_path / "own.npz"
    np.savez(path, x=np.ones((30, 2)), y=np.ones(30))
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[200] ^= 255
    np.save(tmp_path / "one.npy", np.ones((3, 2)))
    for content in (b"", whole[: len(whole) // 2], bytes(flipped), (tmp_path / "one.npy").read_bytes()):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"own\.npz cannot be read: expected numeric arrays named x and y"):
            load_data(str(path))
    path = tmp_path / "own.csv"
    path.write_bytes("1,2,naïve\n3,4,no\n".encode("latin-1"))
    with pytest.raises(ValueError, match=r"own\.csv cannot be read: expected a text file in UTF-8"):
        load_data(str(path))


def test_names_that_are_not_known():
    with pytest.raises(ValueError, match=r"data is 'mnist' but must be digits, digits_4x4, iris, .*chebyshevK"):
        load_data("mnist")
    with pytest.raises(ValueError, match=r"there is no file 'absent\.csv'"):
        load_data("absent.csv")
