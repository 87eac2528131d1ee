"""What the tests of the commands share: running one in this process or in a fresh one, and judging how it ended."""

import contextlib
import json
import os
import re
import subprocess
import sys
import sysconfig
import textwrap
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from landscape.cli import main
from landscape.study import target

SCRIPT = Path(sysconfig.get_path("scripts")) / "landscape"


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        """Standard output, which must be one strict JSON object and nothing else."""
        assert (self.code, self.err.count("Traceback")) == (0, 0), self.err
        value = json.loads(self.out, parse_constant=_refuse)
        assert isinstance(value, dict)
        return value

    @property
    def text(self):
        """Standard output of a command that succeeded, free of terminal escapes."""
        assert self.code == 0, self.err
        assert "\x1b" not in self.out + self.err
        return self.out

    @property
    def sentence(self):
        """The one sentence with which bad input was refused, without the program's name."""
        assert (self.code, self.out) == (2, "")
        assert "Traceback" not in self.err
        *notes, last = self.err.splitlines()
        assert last.startswith("landscape: ")
        assert len(notes) <= 1, "more than a note on the user's function and the sentence"
        assert not any(line.startswith(("landscape: ", "Usage")) for line in notes)
        return last.removeprefix("landscape: ")


@pytest.fixture(autouse=True)
def _nothing_takes_long(monkeypatch):
    """Without the warning of hours of work, which a busy machine gives for what takes seconds elsewhere."""
    monkeypatch.setattr("landscape.study.duration.LONG", float("inf"))


def _refuse(token):
    raise AssertionError(f"{token} is not strict JSON")


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs a command in this process, in an empty folder, as if Python had just started."""
    monkeypatch.setenv("JAX_ENABLE_X64", "1")  # a command sets it: undone after the test
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.chdir(tmp_path)
    target._load.cache_clear()

    def call(*arguments):
        result = CliRunner().invoke(main, [str(a) for a in arguments], prog_name="landscape", catch_exceptions=False)
        return Outcome(result.exit_code, result.stdout, result.stderr)

    yield call
    target._load.cache_clear()


@pytest.fixture
def fresh(tmp_path):
    """Runs a command as a user does, in a process of its own, in an empty folder."""
    if not SCRIPT.exists():
        pytest.skip(f"{SCRIPT} is not installed")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("JAX_", "FORCE_COLOR"))}

    def call(*arguments, pages=None):
        """`pages` of 4 KiB are the most that a file may grow to."""
        limit = [] if pages is None else ["bash", "-c", f'ulimit -f {4 * pages} && exec "$@"', "bash"]
        done = subprocess.run(
            [*limit, SCRIPT, *map(str, arguments)],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    return call


@pytest.fixture
def on_a_terminal(tmp_path):
    """Runs a command on a terminal of 110 columns; gives its exit status and what the terminal got, without escapes."""
    pty = pytest.importorskip("pty")

    def call(*arguments, lines=40):
        terminal, end = pty.openpty()
        environment = {**os.environ, "TERM": "xterm", "COLUMNS": "110", "LINES": str(lines)}
        command = [sys.executable, "-c", "from landscape.cli import main; main()", *map(str, arguments)]
        running = subprocess.Popen(command, cwd=tmp_path, env=environment, stdin=end, stdout=end, stderr=end)
        os.close(end)
        seen = b""
        with contextlib.suppress(OSError):  # that it is closed at the other end
            while more := os.read(terminal, 65536):
                seen += more
        os.close(terminal)
        return running.wait(), re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", seen.decode().replace("\r\n", "\n"))

    return call


@pytest.fixture
def write(tmp_path):
    """Writes a file of the user's into the folder where commands run."""

    def call(name, text):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(textwrap.dedent(text))

    return call


LOSS = """
import numpy as np

def loss(x):
    return np.sum((x**2 - 1) ** 2, axis=-1)
"""


@pytest.fixture
def own(write):
    """A five-line file with the double well in every coordinate, written for a batch."""
    write("own.py", LOSS)
    return ("own.py:loss", "--dim", "2", "--box=-2:2")
