"""Signs of life: lines now and then while work goes on, none for work that is soon done."""

import re
import threading
import time

from landscape.cli import heartbeat as module
from landscape.cli.heartbeat import heartbeat


def test_lines_come_also_while_nothing_is_told(capsys, monkeypatch):
    monkeypatch.setattr(module, "FIRST", 0.02)
    with heartbeat("chunks") as progress:
        progress("descent and search", 0, 30)
        time.sleep(0.3)
        progress("exploration", 7, 30)
        time.sleep(0.3)
    err = capsys.readouterr().err.splitlines()
    assert err[0].startswith("descent and search: 0 of 30 chunks after 0:00:0")
    assert err[-1].startswith("exploration: 7 of 30 chunks after 0:00:0")
    assert all(re.fullmatch(r"[a-z ]+: \d+ of 30 chunks after 0:00:0\d", line) for line in err)


def test_work_that_is_soon_done_leaves_no_line_and_no_thread(capsys):
    before = threading.active_count()
    with heartbeat("") as progress:
        progress("searches", 1, 2)
    assert threading.active_count() == before
    assert capsys.readouterr().err == ""


def test_silences_grow(capsys, monkeypatch):
    monkeypatch.setattr(module, "FIRST", 0.01)
    monkeypatch.setattr(module, "GROWTH", 1.0)
    with heartbeat("chunks") as progress:
        progress("escape", 1, 2)
        time.sleep(0.5)
    assert len(capsys.readouterr().err.splitlines()) < 10  # silences double: 0.01, 0.02, 0.04, ...


def test_a_time_in_words():
    assert module._elapsed(36_061.9) == "10:01:01"
