"""Free memory, as the system and the control group tell it."""

import subprocess
import sys

import pytest

from landscape import memory


@pytest.fixture
def system(tmp_path, monkeypatch):
    """Writes what /proc/meminfo and the control group's files say."""
    monkeypatch.setattr(memory, "_SYSTEM", tmp_path / "meminfo")
    monkeypatch.setattr(memory, "_CONTAINER", tmp_path)

    def write(**files):
        for name, text in files.items():
            (tmp_path / name.replace("memory_", "memory.")).write_text(text)

    return write


MEMINFO = "MemTotal:       8000000 kB\nMemAvailable:    3000000 kB\n"


def test_what_the_kernel_reckons_available(system):
    system(meminfo=MEMINFO)
    assert memory.available_memory() == 3_000_000 * 1024
    system(memory_max="max\n", memory_stat="anon 5\n")
    assert memory.available_memory() == 3_000_000 * 1024


def test_no_more_than_the_control_group_has_left(system):
    system(meminfo=MEMINFO, memory_max="1000000\n", memory_stat="anon 400000\nfile 500000\n")
    assert memory.available_memory() == 600_000
    system(memory_stat="anon 2000000\n")
    assert memory.available_memory() == 0


def test_elsewhere_the_machines_memory_or_nothing(system, monkeypatch):
    assert memory.available_memory() == memory._physical_memory()
    monkeypatch.setattr(memory, "_physical_memory", lambda: None)
    assert memory.available_memory() is None


def test_here_it_is_a_size_that_machines_have():
    free = memory.available_memory()
    assert free is None or 2**20 < free < 2**50


def test_sizes_in_words():
    assert memory.gigabytes(16.016e9) == "16 GB"
    assert memory.gigabytes(2.5e8) == "0.25 GB"
    assert memory.gigabytes(22.5e12) == "22,500 GB"


def test_what_a_limit_on_the_address_space_leaves(system):
    """As under `ulimit -v`: in a process of its own, for the limit cannot be lifted again."""
    script = (
        "import resource; from landscape.memory import available_memory; "
        "resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30)); print(available_memory())"
    )
    left = int(subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout)
    assert 0 < left < 2**30


def test_no_answer_of_the_system_refuses_nothing(monkeypatch):
    monkeypatch.setattr(memory, "available_memory", lambda: None)
    assert memory.fits(1e30)
