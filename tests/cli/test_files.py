"""Files that commands write: what cannot be written is refused before any work, in one sentence."""

from pathlib import Path

import pytest

from landscape.cli import descend, explore, index, network
from landscape.cli.files import check_output, saving

OUTPUTS = [
    ("descend", ("himmelblau",), "--trajectory", ".npz"),
    ("descend", ("himmelblau",), "--plot", ".png"),
    ("explore", ("himmelblau",), "--out", ".npz"),
    ("index", ("goe",), "--plot", ".pdf"),
    ("network", ("himmelblau",), "--graphml", ".graphml"),
    ("network", ("himmelblau",), "--pele", ".sqlite"),
    ("network", ("himmelblau",), "--plot", ".svg"),
    ("study", ("himmelblau",), "--store", ".sqlite"),
]
each_output = pytest.mark.parametrize(("command", "arguments", "option", "ending"), OUTPUTS)


@pytest.fixture
def no_work(monkeypatch):
    """Whatever takes long must not begin."""
    for module, name in ((descend, "descend"), (explore, "explore"), (index, "index_statistics")):
        monkeypatch.setattr(module, name, lambda *_, **__: pytest.fail("work was done"))
    monkeypatch.setattr(network, "chart", lambda *_, **__: pytest.fail("work was done"))
    monkeypatch.setattr("landscape.study.run.dispatch", lambda *_, **__: pytest.fail("work was done"))


@each_output
def test_what_cannot_be_written_is_refused_before_any_work(run, no_work, tmp_path, command, arguments, option, ending):
    (tmp_path / "file").write_text("mine")
    (tmp_path / f"folder{ending}").mkdir()
    (tmp_path / f"link{ending}").symlink_to("nowhere")
    places = {
        f"nowhere/out{ending}": "cannot be written: there is no folder nowhere",
        f"file/out{ending}": "cannot be written: there is no folder file",
        f"folder{ending}": "is a directory",
        f"link{ending}": f"link{ending} exists already",
        "x" * 300 + ending: "File name too long",
    }
    if Path("/proc/self").exists():  # a folder that takes no files, whoever asks
        places[f"/proc/out{ending}"] = f"/proc/out{ending} cannot be written: "
    before = sorted(tmp_path.iterdir())
    for place, words in places.items():
        assert words in run(command, *arguments, option, place).sentence
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("option", ["--out", "--html"])
def test_a_report_that_cannot_be_written(run, tmp_path, option):
    run("study", "himmelblau", "--starts", 20, "--store", "s.sqlite")
    (tmp_path / "file").write_text("mine")
    for place, words in {
        "nowhere/page": "nowhere/page cannot be written: No such file or directory",
        "file/page": "file/page cannot be written: Not a directory",
        ".": "is a directory",
        "x" * 300: "File name too long",
    }.items():
        assert words in run("report", "s.sqlite", option, place).sentence
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "s.sqlite"]


def test_a_disk_that_fills_up_leaves_nothing(run, tmp_path, monkeypatch):
    """The old report stays, and of new files nothing is seen."""
    run("study", "himmelblau", "--starts", 20, "--store", "s.sqlite")
    (tmp_path / "report").write_text("old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("landscape.files.os.replace", full)
    for arguments, name in [
        (("report", "s.sqlite", "--out", "report"), "report"),
        (("explore", "himmelblau", "--searches", 100, "--out", "points.npz"), "points.npz"),
        (("descend", "himmelblau", "--starts", 5, "--trajectory", "runs.npz"), "runs.npz"),
        (("descend", "himmelblau", "--starts", 5, "--plot", "paths.png"), "paths.png"),
        (("index", "goe", "--samples", 50, "--plot", "index.png"), "index.png"),
        (("network", "himmelblau", "--searches", 100, "--plot", "tree.png"), "tree.png"),
    ]:
        assert run(*arguments).sentence == f"{name} cannot be written: No space left on device"
    assert (tmp_path / "report").read_text() == "old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["report", "s.sqlite"]


def test_a_report_goes_into_a_device(run):
    run("study", "himmelblau", "--starts", 20, "--store", "s.sqlite")
    assert run("report", "s.sqlite", "--out", "/dev/null").err == "written to /dev/null\n"
    assert not Path("/dev/null").is_file()


def test_endings_and_new_files(tmp_path):
    check_output(None, "--out", ".npz")
    check_output(tmp_path / "a.npz", "--out", ".npz", ".npy")
    check_output(tmp_path / "anything", "--out")
    with pytest.raises(ValueError, match=r"^--out is 'a\.txt' but must end in \.npz$"):
        check_output(tmp_path / "a.txt", "--out", ".npz")
    with pytest.raises(ValueError, match=r"^--out is 'a' but must end in \.png, \.pdf or \.svg$"):
        check_output(tmp_path / "a", "--out", ".png", ".pdf", ".svg")
    with saving(tmp_path / "a.npz") as draft:
        draft.write_text("new")
    with pytest.raises(ValueError, match=r"a\.npz exists already$"):
        check_output(tmp_path / "a.npz", "--out", ".npz")
    assert [p.name for p in tmp_path.iterdir()] == ["a.npz"]
