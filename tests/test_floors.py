"""The house stands: a module imports only from its own floor or those below, and importing changes nothing."""

import ast
import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

import landscape

ROOT = Path(landscape.__file__).parent
FLOORS = {
    **dict.fromkeys(["cli", "__main__"], 7),
    "figures": 6,
    "study": 5,
    **dict.fromkeys(["escape", "network", "statistics"], 4),
    **dict.fromkeys(["critical", "descent"], 3),
    **dict.fromkeys(["problems", "spectrum", "theory"], 2),
}
EXEMPT = {"landscape"}  # the front door loads names from every floor, when they are first used


def module_name(path: Path) -> str:
    parts = ("landscape", *path.relative_to(ROOT).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = sorted(ROOT.rglob("*.py"))
MODULES = {module_name(path) for path in FILES}


def floor(module: str) -> int:
    """The floor of a module, by the first name below `landscape`; single files at the top are the ground."""
    parts = module.split(".")
    return FLOORS.get(parts[1], 1) if len(parts) > 1 else 0


def imports(path: Path) -> set[str]:
    """Modules of the package that a file imports, anywhere in it, in full."""
    found = set()
    package = module_name(path) if path.name == "__init__.py" else module_name(path).rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = ".".join([*package.split(".")[: len(package.split(".")) - node.level + 1], *base.split(".")])
            base = base.rstrip(".")
            # `from landscape import theory` names a module, `from landscape import problem` takes the front door.
            names = {f"{base}.{alias.name}" for alias in node.names}
            found |= {name if name in MODULES else base for name in names}
    return {name for name in found if name.partition(".")[0] == "landscape"}


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_module_climbs(path):
    module = module_name(path)
    if module in EXEMPT:
        return
    for target in imports(path):
        # The front door leads everywhere: only the floors above those it opens may use it.
        assert target != "landscape" or floor(module) >= 5, f"{module} imports the front door"
        assert floor(target) <= floor(module), f"{module} (floor {floor(module)}) imports {target} ({floor(target)})"


def test_every_folder_has_a_floor():
    folders = {path.parent.relative_to(ROOT).parts[0] for path in FILES if path.parent != ROOT}
    assert folders <= {*FLOORS, "experiments"}


def in_fresh_interpreter(code: str) -> str:
    return subprocess.check_output([sys.executable, "-W", "error", "-c", code], text=True)


HEAVY = ("numpy", "scipy", "matplotlib", "jax", "torch", "networkx", "rich")


@pytest.mark.parametrize("module", ["landscape", "landscape.cli"])
def test_importing_loads_nothing_heavy_and_changes_no_environment(module):
    if importlib.util.find_spec(module) is None or importlib.util.find_spec(module).origin is None:
        pytest.skip(f"{module} is not there yet")
    code = f"""
import json, os, sys
before = dict(os.environ)
import {module}
print(json.dumps([[m for m in {HEAVY} if m in sys.modules], before == dict(os.environ)]))
"""
    loaded, same_environment = json.loads(in_fresh_interpreter(code))
    assert loaded == []
    assert same_environment


def test_using_the_numerics_loads_no_plotting_and_no_autodiff_and_changes_no_settings():
    code = """
import json, os, sys
import numpy as np
before = dict(os.environ), np.geterr(), np.get_printoptions()
import landscape
for name in landscape.__all__:
    getattr(landscape, name)
landscape.classify(landscape.problem("himmelblau"), [3.0, 2.0])
after = dict(os.environ), np.geterr(), np.get_printoptions()
print(json.dumps([[m for m in ("matplotlib", "jax", "torch") if m in sys.modules], before == after]))
"""
    loaded, same = json.loads(in_fresh_interpreter(code))
    assert loaded == []
    assert same


def test_no_module_touches_the_settings_of_matplotlib_or_jax_when_imported():
    code = """
import json, pkgutil, importlib
import matplotlib, jax
settings = dict(matplotlib.rcParams), jax.config.jax_enable_x64
import landscape
for module in pkgutil.walk_packages(landscape.__path__, "landscape."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
print(json.dumps(settings == (dict(matplotlib.rcParams), jax.config.jax_enable_x64)))
"""
    pytest.importorskip("jax")
    assert json.loads(in_fresh_interpreter(code))


def test_the_front_door_opens_for_every_name_and_for_no_other():
    assert sorted(landscape.__all__) == landscape.__all__
    assert set(landscape.__all__) <= set(dir(landscape))
    for name in landscape.__all__:
        assert getattr(landscape, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        landscape.nonsense  # noqa: B018


def test_the_type_checker_sees_the_same_names_as_the_interpreter():
    block = next(node for node in ast.parse((ROOT / "__init__.py").read_text()).body if isinstance(node, ast.If))
    declared = {
        alias.asname: node.module for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    assert declared == landscape._HOME
