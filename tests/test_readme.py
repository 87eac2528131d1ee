"""What README and docs show is what comes out: every block is run as a reader would, and its output compared."""

from __future__ import annotations

import doctest
import importlib.util
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SCRIPTS = Path(sys.executable).parent
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", flags=re.DOTALL | re.MULTILINE)
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[-+]?\d+)?")
DURATION = re.compile(r"\d+\.\d s\b")
SLOW = re.compile(r"^.*(?: take up to about | after \d+:\d\d:\d\d$).*\n", flags=re.MULTILINE)  # on a busy machine
NEEDS = {"import torch": "torch", "import jax": "jax", "dask": "distributed", "mpiexec": "mpi4py"}
PATIENCE = 60  # seconds

pytestmark = pytest.mark.slow


class Terminal:
    """Runs what a reader types, in one folder; jobs in the background end with it."""

    def __init__(self, folder):
        self.folder = folder
        self.jobs = []
        self.environment = {**os.environ, "PATH": f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}"}
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = str(free.getsockname()[1])

    def __enter__(self):
        return self

    def __exit__(self, *details):
        for number in (signal.SIGTERM, signal.SIGKILL):
            for job in self.jobs:
                self._end(job, number)
            for job in self.jobs:
                try:
                    job.wait(10)
                except subprocess.TimeoutExpired:
                    continue

    def __call__(self, command):
        """What a command prints, its notes first; empty for one in the background."""
        command = command.replace("8786", self.port)  # Dask's own port may be taken
        if command.endswith(" &"):
            self._start(command.removesuffix(" &"))
            return ""
        if command.startswith("kill "):
            self._kill(command.split()[1:])
            return ""
        run = self._run(command)
        assert run.returncode == 0, f"{command} ends with status {run.returncode}:\n{run.stderr}{run.stdout}"
        return SLOW.sub("", run.stderr) + run.stdout

    def _run(self, command):
        # Not part of the group that a failing test is interrupted with, so that nothing outlives it unseen.
        words = ["bash", "-c", command]
        return subprocess.run(words, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False)

    def _start(self, command):
        self.jobs.append(
            subprocess.Popen(
                ["bash", "-c", command],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        )
        if f"--port {self.port}" in command:
            self._wait(self._answers)

    def _kill(self, words):
        """As Bash does, of whose job numbers %% is the latest; a study first has time to save something."""
        number = signal.SIGKILL if words[0] == "-KILL" else signal.SIGTERM
        for word in (word for word in words if word.startswith("%")):
            job = self.jobs[-1 if word == "%%" else int(word[1:]) - 1]
            for store in re.findall(r"--store (\S+)", job.args[-1]):
                self._wait(lambda store=store: self._run(f"landscape report {store}").returncode == 0)
            self._end(job, number)

    def _answers(self):
        with socket.socket() as there:
            return there.connect_ex(("127.0.0.1", int(self.port))) == 0

    @staticmethod
    def _wait(ready):
        end = time.monotonic() + PATIENCE
        while not ready():
            assert time.monotonic() < end, "nothing happens"
            time.sleep(0.1)

    @staticmethod
    def _end(job, number):
        if job.poll() is None:
            os.killpg(job.pid, number)
            if number == signal.SIGKILL:
                job.wait()


class Nearly(doctest.OutputChecker):
    """Doctest's own comparison, or the one of commands."""

    def check_output(self, want, got, optionflags):
        return super().check_output(want, got, optionflags) or same_output(want, got)


def missing(text):
    """Packages that a block needs and that are not installed."""
    return sorted({p for word, p in NEEDS.items() if word in text and importlib.util.find_spec(p) is None})


def blocks(page):
    """(language, text) for each fenced block."""
    return BLOCK.findall(page.read_text())


def steps(block):
    """(command, output) for each command of a console block, in order."""
    for step in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, output = step.partition("\n")
        yield command, output


def same_output(shown, printed):
    """Equal words, and numbers within 1 % or both below 1e-9, for other processors round otherwise; durations aside."""
    shown, printed = (DURATION.sub("_ s", text) for text in (shown, printed))
    if _words(shown) != _words(printed):
        return False
    pairs = zip(NUMBER.findall(shown), NUMBER.findall(printed), strict=True)
    return all(abs(float(a) - float(b)) <= max(0.01 * abs(float(a)), 1e-9) + 1e-12 for a, b in pairs)


def _words(text):
    """All but numbers, spaces and the length of rules."""
    return re.sub("─+", "─", NUMBER.sub("#", text)).split()


def test_what_only_a_busy_machine_says_is_no_output():
    said = "loss.py:f: NumPy\nthe descents and searches take up to about 3 h on 1 process: ...; fewer --starts\n"
    said += "exploration: 0 of 1 chunks after 0:00:30\nsaved in f.sqlite\n"
    assert SLOW.sub("", said) == "loss.py:f: NumPy\nsaved in f.sqlite\n"


def left_out(skipped):
    if skipped:
        pytest.skip(f"ran all blocks but those that need {', '.join(sorted(set(skipped)))}")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
@pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")
def test_python_examples(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    examples = [text for language, text in blocks(page) if language == "python"]
    assert all(text.startswith(">>> ") for text in examples)
    able = "".join(text for text in examples if not missing(text))
    runner = doctest.DocTestRunner(Nearly(), verbose=False, optionflags=doctest.NORMALIZE_WHITESPACE)
    runner.run(doctest.DocTestParser().get_doctest(able, {"__name__": "__main__"}, page.name, str(page), 0))
    assert runner.summarize(verbose=False).failed == 0
    left_out([name for text in examples for name in missing(text)])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_console_examples(page, tmp_path):
    skipped = []
    with Terminal(tmp_path) as terminal:
        for language, text in blocks(page):
            if missing(text):
                skipped += missing(text)
            elif language == "console":
                for command, shown in steps(text):
                    if command.startswith("cat "):
                        (tmp_path / command.removeprefix("cat ")).write_text(shown)
                        continue
                    printed = terminal(command)
                    assert same_output(shown, printed), f"{command} prints\n{printed}"
            elif not language:  # commands without their output; they take long, so with few starts
                for command in text.splitlines():
                    terminal(re.sub(r"--starts \d+", "--starts 20", command))
    left_out(skipped)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_there_are_no_other_blocks(page):
    assert {language for language, _ in blocks(page)} <= {"console", "python", ""}
    assert len(blocks(page)) == page.read_text().count("\n```") / 2
    for language, text in blocks(page):
        if not language:
            assert all(line.startswith("landscape ") for line in text.splitlines())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    text = BLOCK.sub("", page.read_text())
    for target in re.findall(r"\]\(([^)]+)\)", text):
        name, _, anchor = target.partition("#")
        file = page.parent / name if name else page
        assert file.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", BLOCK.sub("", file.read_text()), flags=re.MULTILINE)
            assert anchor in [re.sub(r"[^\w -]", "", h).lower().replace(" ", "-") for h in headings], target
    for target in re.findall(r"\bmake (\w+)`|^    make (\w+)", text, flags=re.MULTILINE):
        assert re.search(rf"^{''.join(target)}:", (ROOT / "Makefile").read_text(), flags=re.MULTILINE), target


def test_a_wrong_number_would_be_noticed():
    assert same_output("4 minima, 1e-14", "4 minima, 2e-14")
    assert same_output("─────\n0.1 s", "──────\n10.1 s")
    assert not same_output("4 minima", "5 minima")
    assert not same_output("4 minima", "4 maxima")
    assert not same_output("4 of 5 s", "5 of 5 s")
    assert Nearly().check_output("array([1.5, 2.5])\n", "array([1.500001, 2.5])\n", 0)
    assert not Nearly().check_output("array([1.5, 2.5])\n", "array([1.5, 2.6])\n", 0)
    assert not Nearly().check_output("True\n", "False\n", 0)
