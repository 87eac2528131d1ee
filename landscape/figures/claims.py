"""What a figure says, in numbers: measured against expected."""

from __future__ import annotations

import math
from dataclasses import dataclass

from landscape.results import finite_or_none


@dataclass(frozen=True)
class Claim:
    """A statement that a figure makes and that is checked whenever the figure is made.

    Parameters
    ----------
    text : str
        The statement.
    measured : float
        What was measured. If it is not finite the claim does not hold.
    expected, tolerance : float, optional
        The claim holds if |measured - expected| <= tolerance. The tolerance is absolute.
    low, high : float, optional
        Instead: it holds if low <= measured <= high.
    source : str
        Where the expectation is from.

    Raises
    ------
    ValueError
        If there are both kinds of expectation, or neither, or one is not finite.

    Examples
    --------
    >>> Claim("an eigenvalue is 2", 2.0000001, expected=2.0, tolerance=1e-6, source="by hand").holds
    True
    """

    text: str
    measured: float
    expected: float | None = None
    tolerance: float | None = None
    low: float | None = None
    high: float | None = None
    source: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "measured", float(self.measured))
        given = []
        for name in ("expected", "tolerance", "low", "high"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, float(getattr(self, name)))
                given.append(name)
        if given not in (["expected", "tolerance"], ["low", "high"]):
            wanted = "expected and tolerance, or low and high"
            raise ValueError(f"claim {self.text!r} needs {wanted}; it has {', '.join(given) or 'none of them'}")
        if not all(math.isfinite(getattr(self, name)) for name in given):
            raise ValueError(f"claim {self.text!r} expects something that is not finite")
        if self.tolerance is not None and self.tolerance < 0:
            raise ValueError(f"claim {self.text!r} has tolerance {self.tolerance}, which is negative")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"claim {self.text!r} has low {self.low} above high {self.high}")

    @property
    def holds(self) -> bool:
        """Whether the measurement agrees."""
        if not math.isfinite(self.measured):
            return False
        if self.expected is not None and self.tolerance is not None:
            return abs(self.measured - self.expected) <= self.tolerance
        return self.low is not None and self.high is not None and self.low <= self.measured <= self.high

    def as_json(self) -> dict[str, str | float | bool | None]:
        """All of it as values that strict JSON can write; a measurement that is not finite becomes null."""
        return {
            "text": self.text,
            "measured": finite_or_none(self.measured),
            "expected": self.expected,
            "tolerance": self.tolerance,
            "low": self.low,
            "high": self.high,
            "source": self.source,
            "holds": self.holds,
        }
