"""The API reference, built from the docstrings: a page for each module, and a first page that sorts them by capability.

Run as `python docs/reference/build.py docs/_build`.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
import typing
from dataclasses import dataclass, is_dataclass
from pathlib import Path

import numpy.typing as npt
import pdoc
import pdoc.render

import landscape

# What a reader comes for, in the order in which one needs it; '' is what lies in no sub-package.
CAPABILITIES = {
    "": "Your function as a landscape",
    "problems": "Landscapes by name",
    "descent": "Descent",
    "critical": "Critical points",
    "escape": "Leaving saddles",
    "network": "What connects what",
    "spectrum": "The spectrum of a Hessian",
    "statistics": "Index statistics",
    "theory": "Theory",
    "study": "Studies that are saved",
    "figures": "Figures",
}


@dataclass(frozen=True)
class Entry:
    """A public name or a module, as the first page lists it."""

    name: str
    link: str
    summary: str


@dataclass(frozen=True)
class Capability:
    """One section of the first page: what `landscape` exports of it, and its modules."""

    title: str
    summary: str
    names: list[Entry]
    modules: list[Entry]


def capabilities() -> list[Capability]:
    """The sections of the first page."""
    homes = {name: inspect.getmodule(getattr(landscape, name)).__name__ for name in landscape.__all__}
    sections = []
    for package, title in CAPABILITIES.items():
        within = f"landscape.{package}".rstrip(".")
        modules = [m for m in _modules(within) if package or m.count(".") == 1]
        names = [
            Entry(name, f"{homes[name].replace('.', '/')}.html#{name}", _summary(getattr(landscape, name)))
            for name in sorted(landscape.__all__, key=str.swapcase)  # functions first
            if homes[name] in modules
        ]
        entries = [Entry(m, f"{m.replace('.', '/')}.html", _summary(importlib.import_module(m))) for m in modules]
        sections.append(Capability(title, _summary(importlib.import_module(within)), names, entries))
    return sections


def _modules(package: str) -> list[str]:
    """All modules of a package, with itself unless it is the whole library, whose names are all from elsewhere."""
    path = importlib.import_module(package).__path__
    found = pkgutil.iter_modules(path, f"{package}.")
    inner = [m.name for m in found if not m.ispkg and not m.name.endswith("__main__")]
    return inner if package == "landscape" else [package, *inner]


def _summary(thing: object) -> str:
    """The first sentence of a docstring, which may go over several lines."""
    return " ".join((inspect.getdoc(thing) or "").partition("\n\n")[0].split())


def build(folder: Path) -> None:
    """Write the reference into `folder`; its first page is index.html."""
    sections = capabilities()
    modules = [entry.name for section in sections for entry in section.modules]
    _name_array_types(modules)
    for name in modules:
        _resolve_annotations(name)
    pdoc.render.configure(
        docformat="numpy", template_directory=Path(__file__).parent, footer_text="landscape", show_source=False
    )
    pdoc.render.env.globals["capabilities"] = sections
    pdoc.pdoc(*_not_implied(modules), output_directory=folder)


def _not_implied(modules: list[str]) -> list[str]:
    """All but those that pdoc adds by itself: the modules of a package, unless the package has an `__all__`."""
    packages = [sys.modules[name.rpartition(".")[0]] for name in modules]
    return [name for name, package in zip(modules, packages, strict=True) if hasattr(package, "__all__")]


def _name_array_types(modules: list[str]) -> None:
    """Let array types be shown by their names, not as what they stand for."""
    for alias in ("Array", "BoolArray", "IntArray"):
        named = type(alias, (), {"__module__": "landscape.arrays"})
        for name in modules:
            if name != "landscape.arrays" and alias in vars(sys.modules[name]):
                setattr(sys.modules[name], alias, named)
    npt.ArrayLike = type("ArrayLike", (), {"__module__": "numpy.typing"})


def _resolve_annotations(name: str) -> None:
    """Types that dataclasses inherit, and those of named tuples, by name: pdoc looks for them in the wrong module."""
    for thing in vars(importlib.import_module(name)).values():
        if not inspect.isclass(thing) or thing.__module__ != name:
            continue
        if hasattr(thing, "_field_defaults"):
            thing.__new__.__annotations__.update(typing.get_type_hints(thing))
        for base in thing.__mro__[1:]:
            if is_dataclass(base) and base.__module__ != name:
                own = thing.__init__.__annotations__
                own.update({key: hint for key, hint in typing.get_type_hints(base).items() if key in own})


if __name__ == "__main__":
    build(Path(sys.argv[1]))
