"""From two points to the saddles between them: the string method, then eigenvector following."""

from __future__ import annotations

from dataclasses import dataclass

import networkx as nx
import numpy as np
import numpy.typing as npt

from landscape.arrays import Array, as_points, norm, spectral_radius_bound
from landscape.critical.classify import classify
from landscape.critical.eigenvector_following import EigenvectorFollowing
from landscape.critical.find import collect, union
from landscape.critical.points import CriticalPoints
from landscape.critical.search import search
from landscape.function import Landscape
from landscape.network.connect import Graph, connect, transition_network
from landscape.network.geometry import aligned, displacement
from landscape.spectrum.dense import tangent_system

_LONGEST = 0.5  # move of an image in one step, in units of the distance between images


@dataclass(frozen=True, eq=False, repr=False)
class Path:
    """A string of images between two points, and the saddles of index 1 that its highest images lead to.

    Attributes
    ----------
    x : (images, n)
        From the first point to the second, or the copy of the second that is nearest.
    value : (images,)
    steps : int
        Steps that the string took.
    saddles : CriticalPoints
    """

    x: Array
    value: Array
    steps: int
    saddles: CriticalPoints

    def __repr__(self) -> str:
        return (
            f"string of {len(self.x)} images after {self.steps} steps, highest {self.value.max():.6g}; {self.saddles!r}"
        )


def path_between(
    landscape: Landscape, a: npt.ArrayLike, b: npt.ArrayLike, images: int = 24, max_steps: int = 400, tol: float = 1e-3
) -> Path:
    """A path of low height between two points, usually minima, and the saddles on it.

    The simplified string method (E, Ren & Vanden-Eijnden 2007, J. Chem. Phys. 126, 164103): every image goes downhill,
    all in one batch, and is then moved along the string so that neighbours are equally far apart. Eigenvector
    following from each image that is higher than its neighbours ends at true saddles.

    Parameters
    ----------
    a, b : (n,)
    images : int
        Both ends included.
    max_steps : int
    tol : float
        The string is at rest when no image moves farther in a step than this part of the distance between images.

    Returns
    -------
    Path

    Raises
    ------
    ValueError
        If a or b is not one point, or there are fewer than three images.

    Examples
    --------
    >>> import landscape
    >>> surface = landscape.problem("muller_brown")
    >>> path = landscape.path_between(surface, [-0.5582, 1.4417], [-0.0500, 0.4667])
    >>> path.saddles.value.round(4).tolist()
    [-40.6648]
    """
    if images < 3:
        raise ValueError(f"images is {images} but must be at least 3")
    manifold = landscape.manifold
    ends = [manifold.normalize(as_points(x, landscape.dim, name)) for x, name in ((a, "a"), (b, "b"))]
    for x, name in zip(ends, "ab", strict=True):
        if x.ndim != 1:
            raise ValueError(f"{name} has shape {x.shape} but must be one point ({landscape.dim},)")
    first, last = ends[0], aligned(landscape, ends[0], ends[1])
    part = np.linspace(0, 1, images)[:, None]
    string = manifold.retract(np.repeat(first[None], images, axis=0), part * displacement(manifold, first, last))
    string[-1] = last
    steps = 0
    with np.errstate(all="ignore"):
        while steps < max_steps:
            steps += 1
            moved = string.copy()
            moved[1:-1] = _downhill(landscape, string[1:-1], _spacing(landscape, string))
            moved = _equally_spaced(landscape, moved)
            move = manifold.distance(moved, string).max()
            string = moved
            if move <= tol * _spacing(landscape, string):
                break
        value = landscape.value(string)
        peaks = 1 + np.flatnonzero((value[1:-1] >= value[:-2]) & (value[1:-1] >= value[2:]))
        runs = search(landscape, string[peaks], EigenvectorFollowing(1), 300)
    saddles = collect(landscape, runs)
    return Path(string, value, steps, saddles[saddles.decided & (saddles.index == 1)])


def _spacing(landscape: Landscape, string: Array) -> float:
    """The mean distance between neighbouring images."""
    return float(landscape.manifold.distance(string[1:], string[:-1]).mean())


def _downhill(landscape: Landscape, x: Array, spacing: float) -> Array:
    """Images (m, n) after a step of steepest descent, none longer than the distance between images."""
    system = tangent_system(landscape, x)
    gradient = system.ambient(system.gradient)
    stiffness = spectral_radius_bound(system.hessian)
    step = -gradient / np.maximum(stiffness, np.finfo(np.float64).tiny)[:, None]
    length = norm(step)
    short = np.minimum(1.0, _LONGEST * spacing / np.maximum(length, np.finfo(np.float64).tiny))
    return landscape.manifold.retract(x, np.where(np.isfinite(step), step * short[:, None], 0.0))


def _equally_spaced(landscape: Landscape, string: Array) -> Array:
    """Images (m, n) at equal distances along the string through them."""
    manifold = landscape.manifold
    pieces = manifold.distance(string[1:], string[:-1])
    length = np.concatenate([[0.0], np.cumsum(pieces)])
    at = np.linspace(0, length[-1], len(string))
    before = np.clip(np.searchsorted(length, at, side="right") - 1, 0, len(string) - 2)
    part = (at - length[before]) / np.maximum(pieces[before], np.finfo(np.float64).tiny)
    result = manifold.retract(
        string[before], part[:, None] * displacement(manifold, string[before], string[before + 1])
    )
    result[[0, -1]] = string[[0, -1]]
    return result


def join_components(landscape: Landscape, graph: Graph, max_attempts: int = 20, images: int = 24) -> Graph:
    """Look for saddles between the pieces of a network until it is in one.

    The nearest pair of minima from the largest piece and another one that has not been tried is joined by a string; the
    saddles on it are connected, and what they lead to.

    Parameters
    ----------
    graph : networkx.MultiDiGraph
        From `connect`; it is left as it is.
    max_attempts : int
        Strings at most.
    images : int
        Of a string.

    Returns
    -------
    networkx.MultiDiGraph
        As from `connect`, perhaps still in pieces.

    Raises
    ------
    ValueError
        If there are fewer than three images.

    Examples
    --------
    >>> import landscape
    >>> surface = landscape.problem("muller_brown")
    >>> minima = landscape.classify(surface, [[-0.558224, 1.441726], [0.623499, 0.028038]])
    >>> apart = landscape.connect(surface, minima)
    >>> apart.number_of_edges(), landscape.join_components(surface, apart).number_of_edges()
    (0, 4)
    """
    tried: list[tuple[Array, Array]] = []
    for _ in range(max_attempts):
        network = transition_network(graph)
        pieces = sorted(nx.connected_components(network), key=lambda piece: (-len(piece), min(piece)))
        if len(pieces) < 2:
            break
        position = {node: np.array(data["x"]) for node, data in network.nodes(data=True)}
        pair = _nearest_untried(landscape, position, pieces, tried)
        if pair is None:
            break
        tried.append(pair)
        saddles = path_between(landscape, *pair, images=images).saddles
        if len(saddles) == 0:
            continue
        known = classify(landscape, np.array([data["x"] for _, data in graph.nodes(data=True)]))
        graph = connect(landscape, union(landscape, [known, saddles]))
    return graph


def _nearest_untried(
    landscape: Landscape, position: dict[int, Array], pieces: list[set[int]], tried: list[tuple[Array, Array]]
) -> tuple[Array, Array] | None:
    """The nearest two minima, one of the largest piece, that no string has tried to join."""
    here = np.array([position[node] for node in sorted(pieces[0])])
    there = np.array([position[node] for node in sorted(set().union(*pieces[1:]))])
    distance = landscape.symmetry.distance(landscape.manifold, here[:, None], there[None])
    for row, column in zip(*np.unravel_index(np.argsort(distance, axis=None), distance.shape), strict=True):
        if not any((here[row] == a).all() and (there[column] == b).all() for a, b in tried):
            return here[row], there[column]
    return None
