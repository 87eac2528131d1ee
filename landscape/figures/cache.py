"""What a figure's data were made by; while that stays as it is, they need not be computed again.

It is kept beside the data, in a file that is not part of the figure: data whose maker is not known are computed anew.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib.metadata
import importlib.util
import json
import platform
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from landscape.figures.registry import Experiment

CACHE_FILE = ".cache.json"

_LIBRARY = "landscape"
_ENGINES = ("jax", "mpmath", "networkx", "numpy", "scikit-learn", "scipy", "torch")
_IMPORT = ast.Import | ast.ImportFrom
_DEFINITION = ast.FunctionDef | ast.ClassDef


def provenance(experiment: Experiment, quick: bool, seed: int) -> dict[str, Any]:
    """All that the data of a figure depend on: its declaration, the code that it runs, and what computes below that."""
    return {
        "figure": experiment.name,
        "quick": bool(quick),
        "seed": int(seed),
        "code": code_of(experiment.compute),
        "versions": _versions(),
    }


def cache_bytes(made_by: dict[str, Any], data: bytes) -> bytes:
    """What the cache file says of data: their checksum, and what they were made by."""
    return (json.dumps({"data": _checksum(data)} | made_by, indent=1) + "\n").encode()


def is_cached(made_by: dict[str, Any], data_file: Path) -> bool:
    """Whether a data file is what this code gives, as the cache file beside it says."""
    try:
        return data_file.with_name(CACHE_FILE).read_bytes() == cache_bytes(made_by, data_file.read_bytes())
    except OSError:
        return False


def code_of(function: Callable[..., Any]) -> dict[str, str]:
    """Checksums, by module, of the code that a function may run.

    Of its own module this is what the function reaches by name, so that drawing may change without the data; of this
    library, every module that is imported from there, at once or inside of a function, with all that it imports in
    turn. Comments and layout do not count.
    """
    own = function.__module__
    statements = _reached(_parsed(own).body, function.__name__)
    code = {own: _checksum_of_code(statements)}
    waiting = _imported(statements, own)
    while waiting:
        module = waiting.pop()
        if module not in code:
            code[module], imports = _module(module)
            waiting |= imports
    return dict(sorted(code.items()))


@functools.cache
def _module(module: str) -> tuple[str, frozenset[str]]:
    """The checksum of a module, and what it imports of this library."""
    body = _parsed(module).body
    return _checksum_of_code(body), frozenset(_imported(body, module))


@functools.cache
def _parsed(module: str) -> ast.Module:
    return ast.parse(Path(_spec(module).origin).read_bytes())


@functools.cache
def _spec(module: str) -> Any:
    try:
        return importlib.util.find_spec(module)
    except ModuleNotFoundError:  # nor is its package there
        return None


def _imported(statements: Iterable[ast.stmt], module: str) -> set[str]:
    """Modules of this library that some statements of a module import, and the packages that they are in."""
    found = set()
    for node in (inner for statement in statements for inner in ast.walk(statement)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = importlib.util.resolve_name("." * node.level + (node.module or ""), _spec(module).parent)
            found |= {_home(base, alias.name) for alias in node.names if _is_ours(base)}
    found = {name for name in found if _is_ours(name) and _spec(name) is not None}
    packages = {name.rpartition(".")[0] for name in found}
    return found | (packages - {"", _LIBRARY})  # the library's own front door loads nothing until it is asked


def _home(base: str, name: str) -> str:
    """The module that `from base import name` asks for: of a package it may be one in it."""
    module = f"{base}.{name}"
    return module if getattr(_spec(base), "submodule_search_locations", None) and _spec(module) is not None else base


def _is_ours(module: str) -> bool:
    return module.partition(".")[0] == _LIBRARY


def _reached(body: list[ast.stmt], start: str) -> list[ast.stmt]:
    """Statements at the top of a module that a definition in it needs; all, if it is not defined there.

    Imports, definitions and assignments count where a name that they bind is needed, anything else counts always.
    """
    binds = {id(statement): _bound(statement) for statement in body}
    if not any(start in names for names in binds.values() if names is not None):
        return body
    needed, before = {start}, -1
    reached: list[ast.stmt] = []
    while len(needed) > before:
        before = len(needed)
        reached = [s for s in body if (names := binds[id(s)]) is None or names & needed]
        needed |= {n.id for s in reached for n in ast.walk(s) if isinstance(n, ast.Name)}
    return reached


def _bound(statement: ast.stmt) -> set[str] | None:
    """Names that an import, a definition or an assignment binds; None for statements that do something else."""
    if isinstance(statement, _DEFINITION):
        return {statement.name}
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return set()  # a docstring
    if isinstance(statement, _IMPORT):
        return {alias.asname or alias.name.partition(".")[0] for alias in statement.names}
    if isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        return {node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)}
    return None


def _checksum_of_code(statements: Iterable[ast.stmt]) -> str:
    return _checksum("\n".join(ast.dump(statement) for statement in statements).encode())


def _checksum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@functools.cache
def _versions() -> dict[str, str]:
    """Versions of Python and of the packages that numbers may come from, where they are installed."""
    found = {"python": platform.python_version()}
    for name in _ENGINES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
