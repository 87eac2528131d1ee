"""What README and docs show is what comes out: every command is run, every example is a doctest."""

from __future__ import annotations

import doctest
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SCRIPT = Path(sys.executable).with_name("landscape")
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[-+]?\d+)?")


def console_steps(page):
    """(command, output) for each command of each console block, in order."""
    for block in re.findall(r"```console\n(.*?)```", page.read_text(), flags=re.DOTALL):
        for step in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = step.partition("\n")
            yield command, output


def same_output(shown, printed):
    """Equal words, and numbers within 1 % or both below 1e-9: other processors round otherwise."""
    if NUMBER.sub("#", shown).split() != NUMBER.sub("#", printed).split():
        return False
    pairs = zip(NUMBER.findall(shown), NUMBER.findall(printed), strict=True)
    return all(abs(float(a) - float(b)) <= max(0.01 * abs(float(a)), 1e-9) + 1e-12 for a, b in pairs)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_python_examples(page):
    result = doctest.testfile(str(page), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.failed == 0


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_console_examples(page, tmp_path):
    for command, shown in console_steps(page):
        if command.startswith("cat "):
            (tmp_path / command.removeprefix("cat ")).write_text(shown)
            continue
        assert command.startswith("landscape ")
        words = [str(SCRIPT), *re.findall(r'"[^"]*"|\S+', command)[1:]]
        run = subprocess.run(
            [word.strip('"') for word in words], cwd=tmp_path, capture_output=True, text=True, check=True
        )
        assert same_output(shown, run.stderr + run.stdout), f"{command} prints\n{run.stderr + run.stdout}"


def test_a_wrong_number_would_be_noticed():
    assert same_output("4 minima, 1e-14", "4 minima, 2e-14")
    assert not same_output("4 minima", "5 minima")
    assert not same_output("4 minima", "4 maxima")
