"""What a study is going to do, all of it, before it starts."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from landscape.batch import parts
from landscape.study.target import Target

_HESSIAN_ENTRIES_PER_CHUNK = 20_000_000


@dataclass(frozen=True)
class Study:
    """The declaration of a study: the same declaration gives the same results to the last bit.

    Parameters
    ----------
    target : Target
        The landscape.
    starts : int
        Number of random starts.
    seed : int
        Of all randomness.
    escape_starts : int
        Starts round each saddle.
    descent_steps, search_steps, climb_steps, escape_steps : int
        Limits of each descent, Newton search, climb to an index-1 saddle, and escape.
    network : bool
        Whether the flow is followed from each saddle of index 1.
    """

    target: Target
    starts: int = 1000
    seed: int = 0
    escape_starts: int = 100
    descent_steps: int = 2000
    search_steps: int = 300
    climb_steps: int = 100
    escape_steps: int = 20_000
    network: bool = True

    def __post_init__(self) -> None:
        if self.starts < 1:
            raise ValueError(f"starts is {self.starts} but must be at least 1")
        if self.seed < 0:
            raise ValueError(f"seed is {self.seed} but must not be negative")
        for name in ("escape_starts", "descent_steps", "search_steps", "climb_steps", "escape_steps"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)} but must be at least 1")

    def chunk_sizes(self, dim: int) -> list[int]:
        """Sizes of the chunks of starts: they depend on the dimension, never on the number of workers."""
        chunks = parts(self.starts, dim**2, min(_HESSIAN_ENTRIES_PER_CHUNK, 1000 * dim**2))
        return [chunk.stop - chunk.start for chunk in chunks]

    def cell(self) -> dict[str, Any]:
        """What tells this study's random streams from another's, as values that JSON can write."""
        return asdict(self.target)

    def as_json(self) -> dict[str, Any]:
        """The declaration as values that JSON can write."""
        return asdict(self)

    @classmethod
    def from_json(cls, declared: dict[str, Any]) -> Self:
        """The declaration that `as_json` wrote."""
        target = declared["target"]
        box = target["box"]
        return cls(
            **{
                **declared,
                "target": Target(
                    name=target["name"],
                    parameters=tuple((key, _tupled(value)) for key, value in target["parameters"]),
                    dim=target["dim"],
                    box=None if box is None else tuple((low, high) for low, high in box),
                ),
            }
        )


def _tupled(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def difference(stored: Study, wanted: Study) -> str:
    """How two declarations differ, in words; empty if they do not."""
    parts = []
    for f in fields(Study):
        old, new = getattr(stored, f.name), getattr(wanted, f.name)
        if old != new:
            parts.append(f"{f.name} is {_shown(old)} there and {_shown(new)} here")
    return "; ".join(parts)


def _shown(value: Any) -> str:
    if hasattr(value, "parameters"):
        given = [f"{key}={v}" for key, v in value.parameters]
        if value.dim is not None:
            given.append(f"dim={value.dim}")
        if value.box is not None:
            given.append(f"box={value.box}")
        return f"{value.name}" + (f" with {', '.join(given)}" if given else "")
    return str(value)
