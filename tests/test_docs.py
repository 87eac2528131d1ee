"""Every example in a docstring runs, and every public name says what it is and is tested."""

import doctest
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import landscape

MODULES = [
    "landscape",
    *sorted(m.name for m in pkgutil.walk_packages(landscape.__path__, "landscape.") if not m.name.endswith("__main__")),
]
REFERENCE = Path(__file__).parents[1] / "docs" / "reference" / "build.py"
TESTED = "".join(path.read_text() for path in Path(__file__).parent.rglob("test_*.py") if path != Path(__file__))


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name):
    module = importlib.import_module(name)
    result = doctest.testmod(module, optionflags=doctest.ELLIPSIS, raise_on_error=False)
    assert result.failed == 0, f"{result.failed} of {result.attempted} examples of {name} fail; see the output above"


def test_there_are_examples():
    finder = doctest.DocTestFinder(exclude_empty=True)
    examples = sum(len(test.examples) for name in MODULES for test in finder.find(importlib.import_module(name)))
    assert examples >= 30


@pytest.mark.parametrize("name", MODULES)
def test_modules_say_what_they_are_for(name):
    first_line = (importlib.import_module(name).__doc__ or "").strip().partition("\n")[0]
    assert len(first_line) > 20


@pytest.mark.parametrize("name", landscape.__all__)
def test_public_names_have_docstrings_and_tests(name):
    thing = getattr(landscape, name)
    text = inspect.getdoc(thing) or ""
    assert len(text.partition("\n")[0]) > 15
    # Dataclasses and enums without a docstring inherit a generated one.
    assert not text.startswith(f"{name}(")
    assert re.search(rf"\b{name}\b", TESTED), f"no test mentions {name}"


@pytest.mark.parametrize("name", landscape.__all__)
def test_public_functions_describe_each_parameter(name):
    thing = getattr(landscape, name)
    if not inspect.isfunction(thing):
        return
    text = inspect.getdoc(thing) or ""
    documented = text.replace(",", " ").split()
    for parameter in inspect.signature(thing).parameters:
        assert parameter in documented or parameter in ("landscape", "rng", "parameters"), f"{parameter} of {name}"
    assert all(p.annotation is not inspect.Parameter.empty for p in inspect.signature(thing).parameters.values())
    assert ">>> " in text
    assert "Returns\n-------" in text or not inspect.signature(thing).parameters


@pytest.mark.slow
def test_the_reference_is_built_without_warnings_and_has_every_public_name(tmp_path):
    pytest.importorskip("pdoc")
    words = [sys.executable, "-W", "error", str(REFERENCE), str(tmp_path)]
    run = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
    first = (tmp_path / "index.html").read_text()
    for name in landscape.__all__:
        link = re.search(rf'href="([^"#]+)#{name}"><code>landscape\.{name}<', first)
        assert link, f"{name} is not on the first page"
        assert f'id="{name}"' in (tmp_path / link[1]).read_text()
    linked = set(re.findall(r'href="(landscape/[^"#]+\.html)"', first))
    assert linked == {str(page.relative_to(tmp_path)) for page in (tmp_path / "landscape").rglob("*.html")}
    assert len(linked) == len([name for name in MODULES if not name.startswith("landscape.cli")]) - 1
