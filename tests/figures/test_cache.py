"""What data were made by: it changes with all that the data depend on, and with nothing else."""

import importlib
import json
import sys
from pathlib import Path

import landscape.experiments
import pytest

import landscape
from landscape.figures import cache
from landscape.figures.cache import CACHE_FILE, cache_bytes, code_of, is_cached, provenance
from landscape.figures.registry import load_experiment

FIGURE = '''
"""A figure."""
from toylib import front
from toylib.plots import line
from toylib.numbers import two

SIZE = 3
RED = "red"

def compute(quick, seed, executor):
    """The data."""
    return helper(SIZE)

def helper(n):
    from toylib.later import late
    return n * two()  # twice

def draw(data):
    return line(data, RED)
'''

LIBRARY = {
    "__init__.py": "",
    "front.py": "def mark(function):\n    return function",
    "plots.py": "def line(data, colour): ...",
    "numbers.py": "from toylib.inner import one\n\ndef two():\n    return one() + one()",
    "inner/__init__.py": "from toylib.inner.unit import one",
    "inner/unit.py": "def one():\n    return 1",
    "inner/unused.py": "",
    "later.py": "import toylib.latest as latest\nlate = 1",
    "latest.py": "",
    "figure.py": FIGURE,
}


@pytest.fixture
def changed(tmp_path, monkeypatch):
    """Modules of a small library whose part in its figure's code is another one after an edit."""
    monkeypatch.setattr(cache, "_LIBRARY", "toylib")
    monkeypatch.syspath_prepend(tmp_path)
    for name, text in LIBRARY.items():
        path = tmp_path / "toylib" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def code():
        forget()
        return code_of(importlib.import_module("toylib.figure").compute)

    def call(name="figure.py", old="", new=""):
        path = tmp_path / "toylib" / name
        before, text = code(), path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))
        after = code()
        path.write_text(text)
        return {module.removeprefix("toylib.") for module in before | after if before.get(module) != after.get(module)}

    call.code = code
    yield call
    forget()


def forget():
    for name in [name for name in sys.modules if name.partition(".")[0] == "toylib"]:
        del sys.modules[name]
    for function in (cache._module, cache._parsed, cache._spec):
        function.cache_clear()
    importlib.invalidate_caches()


def test_the_code_is_what_the_data_step_reaches(changed):
    modules = {"figure", "numbers", "inner", "inner.unit", "later", "latest"}
    assert set(changed.code()) == {f"toylib.{name}" for name in modules}


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        ("figure.py", "SIZE = 3", "SIZE = 4", {"figure"}),
        ("figure.py", "n * two()", "n + two()", {"figure"}),
        ("figure.py", "helper(SIZE)", "helper(SIZE, front)", {"figure", "front"}),
        ("figure.py", "SIZE = 3", "SIZE = 3\nSIZE += 1", {"figure"}),
        ("figure.py", "SIZE = 3", "SIZE = 3\nif True:\n    SIZE = 4", {"figure"}),
        ("figure.py", "SIZE = 3", "SIZE = 3\nprint()", {"figure"}),
        ("figure.py", "def compute", "@front.mark\ndef compute", {"figure", "front"}),
        ("figure.py", "import late", "import late, more", {"figure"}),
        ("figure.py", "from toylib.later", "from .inner.unused", {"figure", "inner.unused", "later", "latest"}),
        ("inner/unit.py", "return 1", "return 1.0", {"inner.unit"}),
        ("inner/__init__.py", "", "VALUE = 1\n", {"inner"}),
        ("inner/__init__.py", "", "from . import unused\n", {"inner", "inner.unused"}),
        ("numbers.py", "", "import toylib\n", {"numbers", "toylib"}),
        (
            "numbers.py",
            "    return",
            "    from toylib import front, nothing\n    return",
            {"numbers", "toylib", "front"},
        ),
        ("numbers.py", "():\n", "():\n    from toylib.no.where import no\n", {"numbers"}),
        ("latest.py", "", "x = 1", {"latest"}),
    ],
)
def test_what_the_data_step_runs_counts(changed, file, old, new, expected):
    assert changed(file, old, new) == expected


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("figure.py", 'RED = "red"', 'RED = "blue"'),
        ("figure.py", "return line(data, RED)", "return line(data, RED, SIZE)"),
        ("figure.py", "  # twice", ""),
        ("figure.py", "\n\ndef helper", "\n\n\n\ndef helper"),
        ("figure.py", "A figure.", "A nice figure."),
        ("plots.py", "...", "return data"),
        ("front.py", "", "x = 1\n"),
        ("inner/unused.py", "", "x = 1"),
    ],
)
def test_drawing_comments_and_what_nobody_imports_do_not_count(changed, file, old, new):
    assert changed(file, old, new) == set()


def test_a_data_step_that_is_not_a_definition_of_its_module_counts_with_all_of_it(changed):
    part = changed.code()
    compute = importlib.import_module("toylib.figure").compute
    compute.__name__ = "<lambda>"
    assert set(code_of(compute)) == {*part, "toylib.front", "toylib.plots"}


def executed(function, *arguments):
    """Modules of the library, and functions of the experiment, that a call runs: as Python itself reports them."""
    library, figures = (Path(package.__file__).parent.resolve() for package in (landscape, landscape.experiments))
    calls = set()
    sys.setprofile(lambda frame, event, _: event == "call" and calls.add(frame.f_code))
    try:
        function(*arguments)
    finally:
        sys.setprofile(None)
    modules = set()
    for path in {Path(code.co_filename).resolve() for code in calls}:
        for folder, package in ((figures, "landscape.experiments"), (library, "landscape")):
            if path.is_relative_to(folder):
                modules.add(".".join([package, *path.relative_to(folder).with_suffix("").parts]))
                break
    return {module.removesuffix(".__init__") for module in modules}


@pytest.mark.parametrize("name", ["escape_against_dimension", "mueller_brown_network", "rare_minima", "saddle_escape"])
def test_nothing_runs_that_is_not_in_the_code_of_a_figure(name):
    compute = load_experiment(name).compute
    code = code_of(compute)
    assert executed(compute, True, 0, None) <= set(code)
    assert not {module for module in code if module.startswith(("landscape.cli", "landscape.study"))}


def test_the_declaration_counts_and_the_versions():
    linear, other = load_experiment("linear_regression"), load_experiment("conditioning")
    base = provenance(linear, False, 0)
    assert provenance(linear, False, 0) == base
    assert provenance(linear, True, 0) != base
    assert provenance(linear, False, 1) != base
    assert provenance(other, False, 0) != base
    assert set(base["versions"]) >= {"python", "numpy", "scipy"}


def test_an_upgrade_counts(monkeypatch):
    monkeypatch.setattr(cache, "_versions", cache._versions.__wrapped__)
    before = cache._versions()
    monkeypatch.setattr(cache.importlib.metadata, "version", lambda name: "99" if name == "numpy" else before[name])
    monkeypatch.setattr(cache, "_ENGINES", ("numpy", "scipy"))
    assert cache._versions() == {"python": before["python"], "numpy": "99", "scipy": before["scipy"]}


def test_packages_that_are_not_installed_do_not_count(monkeypatch):
    monkeypatch.setattr(cache, "_ENGINES", ("numpy", "no-such-package-here"))
    assert set(cache._versions.__wrapped__()) == {"python", "numpy"}


def test_data_are_cached_if_they_are_those_that_were_kept(tmp_path):
    made_by, data = {"seed": 0}, tmp_path / "data.npz"
    assert not is_cached(made_by, data)
    data.write_bytes(b"data")
    assert not is_cached(made_by, data)  # nobody knows who made them
    (tmp_path / CACHE_FILE).write_bytes(cache_bytes(made_by, b"data"))
    assert is_cached(made_by, data)
    assert not is_cached({"seed": 1}, data)
    data.write_bytes(b"other data")
    assert not is_cached(made_by, data)
    data.unlink()
    assert not is_cached(made_by, data)
    assert json.loads((tmp_path / CACHE_FILE).read_text())["seed"] == 0
