"""What is installed: every package of the tree, and the figures among them."""

import importlib
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_every_package_is_installed():
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    folders = [path.parent.relative_to(ROOT) for path in (ROOT / "landscape").rglob("__init__.py")]
    assert sorted(declared) == sorted([".".join(folder.parts) for folder in folders] + ["landscape.experiments"])
    for name in declared:
        assert importlib.import_module(name).__name__ == name
