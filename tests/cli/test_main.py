"""The command itself: help at once, nothing heavy loaded, one sentence for what it does not know."""

import json
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

import pytest

SCRIPT = Path(sysconfig.get_path("scripts")) / "landscape"
COMMANDS = ("problems", "descend", "study", "report", "classify", "figures")


def test_help_names_every_command(run):
    for flag in ("--help", "-h"):
        text = run(flag).text
        assert all(f"\n  {name} " in text for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(run, name):
    if name == "figures":
        pytest.importorskip("landscape.figures.registry")
    text = run(name, "--help").text
    assert text.startswith(f"Usage: landscape {name}")
    assert "--help" in text


def test_the_version(run):
    assert "version" in run("--version").text


def test_the_package_runs_as_a_module(tmp_path):
    call = [sys.executable, "-m", "landscape"]
    version = subprocess.run([*call, "--version"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert version.stdout.startswith("landscape, version ")
    refused = subprocess.run([*call, "descend", "nonsense"], cwd=tmp_path, capture_output=True, text=True)
    assert refused.returncode == 2
    assert refused.stderr.startswith("landscape: unknown problem 'nonsense'")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nonsense"], "No such command 'nonsense'; see `landscape --help`"),
        (["--nonsense"], "No such option '--nonsense'; see `landscape --help`"),
        (["study"], "Missing argument 'PROBLEM'; see `landscape study --help`"),
        (["study", "himmelblau", "more"], "Got unexpected extra argument (more); see `landscape study --help`"),
        (["classify", "himmelblau"], "Missing option '--at'; see `landscape classify --help`"),
    ],
)
def test_what_is_not_understood(run, fresh, arguments, sentence):
    assert run(*arguments).sentence.replace('"', "'") == sentence
    assert fresh(*arguments).sentence.replace('"', "'") == sentence


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (MemoryError("Unable to allocate 931. GiB"), "there is not enough memory: Unable to allocate 931. GiB"),
        (MemoryError(), "there is not enough memory"),
        (PermissionError(13, "Permission denied", "some/file"), "some/file: Permission denied"),
        (OSError("odd"), "odd"),
    ],
)
def test_what_the_system_refuses_is_one_sentence(run, monkeypatch, error, sentence):
    def load(target):
        raise error

    monkeypatch.setattr("landscape.study.target.Target.load", load)
    assert run("study", "himmelblau").sentence == sentence


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (OverflowError("int too large to convert to float"), "int too large to convert to float"),
        (ArithmeticError("double precision does\nnot resolve it"), "double precision does not resolve it"),
    ],
)
def test_numbers_out_of_range_are_one_sentence(run, monkeypatch, error, sentence):
    def load(target):
        raise error

    monkeypatch.setattr("landscape.study.target.Target.load", load)
    assert run("study", "himmelblau").sentence == sentence


def loaded_after(code):
    program = f"import json, sys\n{code}\nprint(json.dumps(sorted(sys.modules)))"
    out = subprocess.check_output([sys.executable, "-c", program], text=True)
    return {name.partition(".")[0] for name in json.loads(out.splitlines()[-1])}


@pytest.mark.parametrize(
    "code",
    [
        "import landscape",
        "import landscape.cli",
        "from landscape.cli import main\nmain(['--help'], standalone_mode=False)",
        "from landscape.cli import main\nmain(['--version'], standalone_mode=False)",
    ],
)
def test_nothing_heavy_is_loaded_before_it_is_needed(code):
    assert not loaded_after(code) & {"numpy", "scipy", "matplotlib", "jax", "torch", "networkx", "rich"}


def test_a_study_loads_no_plotting_and_no_autodiff():
    arguments = ["study", "himmelblau", "--starts", "5", "--json"]
    code = f"from landscape.cli import main\nmain({arguments}, standalone_mode=False)"
    assert not loaded_after(code) & {"matplotlib", "jax", "torch"}


def test_help_answers_at_once(fresh):
    """Within three times what importing NumPy takes; the best of a few runs, because others use the machine too."""

    def seconds(action):
        times = []
        for _ in range(5):
            start = time.perf_counter()
            action()
            times.append(time.perf_counter() - start)
        return min(times)

    numpy = seconds(lambda: subprocess.run([sys.executable, "-c", "import numpy"], check=True))
    assert seconds(lambda: fresh("--help").text) < 3 * numpy


def test_output_that_nobody_reads_is_no_error(fresh, tmp_path):
    arguments = [SCRIPT, "problems"]
    with open(tmp_path / "err", "w+") as err:
        process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=err, text=True)
        process.stdout.close()
        process.wait(timeout=60)
        err.seek(0)
        assert "Traceback" not in err.read()
