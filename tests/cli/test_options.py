"""Options that commands share: what each command makes of bad values of them."""

import pytest

OWN = """
import sys

def exits(x):
    sys.exit(3)

def complex_valued(x):
    return (x**2).sum(axis=-1) + 1j

def loss(x):
    return (x**2).sum(axis=-1)
"""
REST = {
    "descend": (),
    "escape": (),
    "explore": (),
    "network": (),
    "barrier": (0, 1),
    "study": (),
    "classify": ("--at", "1,1"),
    "check": (),
    "spectrum": (),
}
PLAIN = ("--dim", 2)


@pytest.mark.parametrize("command", REST)
@pytest.mark.parametrize(
    ("problem", "options", "sentence"),
    [
        ("nonsense", (), "unknown problem 'nonsense'; `landscape problems` lists them"),
        ("", (), "unknown problem ''; `landscape problems` lists them"),
        ("folder.py:loss", PLAIN, "there is no file 'folder.py'"),
        ("empty.py:loss", PLAIN, "empty.py has no 'loss'; it has no functions"),
        ("exit.py:loss", PLAIN, "exit.py:loss raised SystemExit: 4"),
        ("own.py:exits", PLAIN, "own.py:exits raised SystemExit: 3"),
        (
            "own.py:complex_valued",
            PLAIN,
            "own.py:complex_valued returned a complex number where a real one is expected for a point of shape (2,)",
        ),
        (
            "own.py:loss",
            (*PLAIN, "--box=-1e308:1e308"),
            "box is [-1e+308, -1e+308] to [1e+308, 1e+308], too wide for a number to hold",
        ),
        ("own.py:loss", (*PLAIN, "--box", "nan:1"), "'nan:1' has a low end that is not below its high end"),
        ("himmelblau", ("--dim", 2), "--dim and --box are for a loss of your own"),
        ("rastrigin", ("--set", "dim=nan"), "parameter dim is nan but must be finite"),
        ("rastrigin", ("--set", "dim=-3"), "dim is -3 but must be at least 1"),
        ("rastrigin", ("--set", "dim"), "'dim' is not of the form key=value"),
        ("rastrigin", ("--set", "dim=1", "--set", "dim=2"), "dim is given 2 times"),
    ],
)
def test_what_is_no_problem_is_refused_in_one_sentence(run, write, tmp_path, command, problem, options, sentence):
    write("own.py", OWN)
    write("exit.py", "import sys\n\nsys.exit(4)\n")
    write("empty.py", "")
    (tmp_path / "folder.py").mkdir()
    assert sentence in run(command, problem, *REST[command], *options).sentence


@pytest.mark.parametrize("command", sorted({*REST} - {"classify"}))
@pytest.mark.parametrize("value", ["-1", "x", "nan", "1.5"])
def test_a_seed_is_a_whole_number(run, command, value):
    assert "Invalid value for '--seed'" in run(command, "himmelblau", *REST[command], "--seed", value).sentence


def test_an_index_that_is_named_twice(run):
    assert "'0,1,0' names an index twice" in run("explore", "himmelblau", "--indices", "0,1,0").sentence


def test_a_function_that_ends_the_program_at_some_points_is_a_fault(run, write):
    write(
        "own.py",
        """
        import sys

        def loss(x):
            if x[0] > 1.5:
                sys.exit("too far")
            return (x[0] ** 2 - 1) ** 2 + (x[1] ** 2 - 1) ** 2
        """,
    )
    arguments = ("own.py:loss", "--dim", 2, "--box=-2:2", "--starts", 60)
    report = run("study", *arguments, "--json").json
    (fault,) = report["faults"]
    assert (fault["kind"], fault["message"]) == ("raised SystemExit", "too far")
    assert report["critical_points"]["by_index"] == {"0": 4, "1": 4, "2": 1}
    assert run("descend", *arguments).sentence.startswith("own.py:loss raised SystemExit: too far for points of shape ")
