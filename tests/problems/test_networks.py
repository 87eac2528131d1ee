"""The multilayer perceptron of the zoo: its data, its symmetry, and critical points that add up."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner

from landscape import ArmijoGradientDescent, HiddenUnits, Kind, classify, descend, find_critical_points
from landscape.arrays import matvec, norm
from landscape.cli import main
from landscape.hidden_units import pack, unpack
from landscape.problems import problem
from landscape.problems.networks import network_landscape

XOR = ([[0, 0], [0, 1], [1, 0], [1, 1]], [[0], [1], [1], [0]])


def test_a_point_is_weights_then_biases_layer_by_layer():
    landscape = network_landscape(*XOR, widths=(2,), activation="relu")
    # Both inputs, and both at once: h_1 = a + b, h_2 = max(a + b - 1, 0), answer h_1 - 2 h_2.
    assert landscape.value(np.array([1, 1, 1, 1, 0, -1, 1, -2, 0.0])) == 0
    # No answer at all: half the mean of 0, 1, 1, 0.
    assert landscape.value(np.zeros(9)) == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("parameters", "dim", "symmetry"),
    [
        ({}, 10, HiddenUnits((1, 3, 1), odd=True)),
        ({"widths": (4, 2), "activation": "softplus"}, 21, HiddenUnits((1, 4, 2, 1))),
        ({"activation": "relu", "weight_decay": 0}, 10, HiddenUnits((1, 3, 1), rescaling=True)),
        ({"activation": "relu", "weight_decay": 0.1}, 10, HiddenUnits((1, 3, 1))),
    ],
)
def test_the_symmetry_is_that_of_activation_and_loss(parameters, dim, symmetry):
    landscape = problem("mlp", **parameters)
    assert landscape.dim == dim
    assert landscape.symmetry == symmetry
    assert landscape.confining is (parameters.get("weight_decay") != 0)


def test_real_data_and_its_symmetry():
    pytest.importorskip("sklearn")
    landscape = problem("mlp", data="iris", widths=4, loss="cross_entropy", weight_decay=0)
    assert landscape.dim == 35
    assert landscape.symmetry == HiddenUnits((4, 4, 3), odd=True, shift=True)
    assert landscape.value(np.zeros(35)) == pytest.approx(np.log(3), rel=1e-14)
    assert landscape.terms.count == 150
    assert problem("mlp", data="digits_4x4", widths=(8,), samples=100).dim == 16 * 8 + 8 + 8 * 10 + 10


def test_starts_are_those_of_pytorch():
    landscape = problem("mlp", widths=(9, 4))
    starts = landscape.starts(np.random.default_rng(0), 2000)
    for (weights, biases), reach in zip(unpack(starts, (1, 9, 4, 1)), (1, 1 / 3, 1 / 2), strict=True):
        for part in (weights, biases):
            assert np.abs(part).max() <= reach
            # 2000 starts of at least one number: a uniform maximum is short by 1 % with probability below 1e-8.
            assert np.abs(part).max() > 0.99 * reach


@pytest.mark.parametrize(
    "parameters",
    [
        {"widths": (3,), "activation": "tanh"},
        {"widths": (3, 2), "activation": "softplus"},
        {"widths": (4,), "activation": "relu", "weight_decay": 0.0},
    ],
)
def test_permuted_networks_have_equal_losses_and_are_at_distance_zero(parameters):
    landscape = problem("mlp", **parameters)
    x = landscape.starts(np.random.default_rng(1), 20)
    layers = unpack(x, landscape.symmetry.sizes)
    (w, b), (out, out_bias) = layers[:2]
    order = [2, 0, 1, *range(3, w.shape[-2])]
    image = pack([(w[:, order], b[:, order]), (out[..., order], out_bias), *layers[2:]])
    np.testing.assert_allclose(landscape.value(image), landscape.value(x), rtol=1e-12)
    assert landscape.symmetry.distance(landscape.manifold, x, image).max() < 1e-14
    assert norm(x - image).min() > 0.01


def test_all_critical_points_of_a_small_network_satisfy_morse():
    # Morse theory: with weight decay the loss grows at infinity, so that over all points, every arrangement of the
    # hidden units counted, the sum of (-1)^index is 1. An orbit size that is wrong, or a missing point, breaks it.
    landscape = problem("mlp", widths=2)
    starts = landscape.starts(np.random.default_rng(2), 300)
    # Newton searches from random starts end at saddles; those from where descents end, at minima.
    below = descend(landscape, starts[:20], ArmijoGradientDescent(), max_steps=300).x
    points = find_critical_points(landscape, np.concatenate([starts, below]))
    assert (points.kind != Kind.DEGENERATE).all()
    assert landscape.euler_characteristic == 1
    assert (points.orbit_size * (-1) ** points.index).sum() == 1
    assert sorted(points.index.tolist()) == [0, 1, 1, 2]
    # The saddle of highest index is the network that answers with a constant: both hidden units are zero.
    constant = points[points.index == 2]
    assert norm(constant.x[0, :6]) < 1e-8
    assert constant.orbit_size[0] == 1


def test_rescaling_is_no_flat_direction_of_a_minimum():
    landscape = network_landscape(*XOR, widths=(2,), activation="relu")
    # The exact answer again, with the first unit's kink moved away from the data: h_1 = a + b + 0.3.
    x = np.array([1, 1, 1, 1, 0.3, -1, 1, -2, -0.3])
    assert landscape.value(x) == pytest.approx(0, abs=1e-30)
    modes = landscape.symmetry.zero_modes(x)
    assert modes.shape == (9, 2)
    np.testing.assert_allclose(matvec(modes.T, landscape.gradient(x)), 0, atol=1e-15)
    np.testing.assert_allclose(landscape.hessian(x) @ modes, 0, atol=1e-14)
    assert classify(landscape, x).orbit_dimension[0] == 2


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"activation": "sine"}, "activation is 'sine' but must be one of tanh, softplus, relu"),
        ({"activation": "linear"}, "activation is 'linear' but must be one of tanh, softplus, relu"),
        ({"loss": "hinge"}, "loss is 'hinge' but must be one of squared_error, cross_entropy"),
        ({"widths": (3, 0)}, "every width in widths is 0 but must be at least 1"),
        ({"weight_decay": -1}, "weight_decay is -1.0 but must be at least 0"),
        ({"samples": -1}, "samples is -1 but must be at least 0"),
        ({"data": "mnist"}, "data is 'mnist' but must be"),
        ({"loss": "cross_entropy"}, "cross_entropy needs one class a sample"),
    ],
)
def test_errors_are_one_sentence(parameters, sentence):
    with pytest.raises(ValueError, match=sentence):
        problem("mlp", **parameters)


def test_arrays_of_wrong_shape():
    with pytest.raises(ValueError, match=r"inputs has shape \(4, 2\) and targets \(3, 1\)"):
        network_landscape(XOR[0], XOR[1][:3], widths=(2,))
    with pytest.raises(ValueError, match="targets has coordinates that are not finite"):
        network_landscape(XOR[0], [[0], [1], [np.nan], [0]], widths=(2,))


def test_from_the_command_line(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text("0,0,no\n0,1,yes\n1,0,yes\n1,1,no\n")
    settings = [f"data={path}", "widths=2,2", "activation=softplus", "loss=cross_entropy", "weight_decay=0.1"]
    options = [part for setting in settings for part in ("--set", setting)]
    result = CliRunner().invoke(main, ["descend", "mlp", *options, "--starts", "3", "--steps", "5"])
    assert result.exit_code == 0, result.output
    result = CliRunner().invoke(main, ["descend", "mlp", "--set", "widths=0"])
    assert "every width in widths is 0 but must be at least 1" in result.output


@pytest.mark.parametrize("activation", ["tanh", "softplus", "relu"])
@pytest.mark.parametrize("loss", ["squared_error", "cross_entropy"])
@pytest.mark.parametrize("widths", [(3,), (3, 2)])
def test_jax_computes_the_same(activation, loss, widths):
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    rng = np.random.default_rng(0)
    inputs, classes = rng.standard_normal((7, 4)), np.eye(3)[rng.integers(3, size=7)]
    ours, theirs = (
        network_landscape(inputs, classes, widths, activation, loss, 0.1, engine) for engine in ("numpy", "jax")
    )
    x, v = rng.standard_normal((2, 5, ours.dim))
    for name in ("value", "gradient", "hessian"):
        expected = getattr(ours, name)(x)
        np.testing.assert_allclose(
            getattr(theirs, name)(x), expected, atol=1e-12 * np.abs(expected).max(), err_msg=name
        )
    np.testing.assert_allclose(theirs.hvp(x, v), ours.hvp(x, v), atol=1e-11)
    assert theirs.symmetry == ours.symmetry
    assert theirs.provenance.hessian == "JAX"


def test_searches_find_the_same_points_by_jax():
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    found = []
    for engine in ("numpy", "jax"):
        landscape = problem("mlp", widths=(2,), engine=engine)
        points = find_critical_points(landscape, landscape.starts(np.random.default_rng(0), 60))
        found.append(points[points.decided])
    assert len(found[0]) >= 3
    np.testing.assert_array_equal(found[0].index, found[1].index)
    np.testing.assert_allclose(found[0].value, found[1].value, atol=1e-12)


ELSEWHERE = """
import jax, numpy as np, landscape

there = jax.devices()[1]
with jax.default_device(there):
    for engine in ("jax", "numpy"):
        network = landscape.problem("mlp", widths=(8,), weight_decay=0.1, engine=engine)
        x = network.starts(np.random.default_rng(0), 3)
        spectrum = landscape.hessian_spectrum(network, x[0], np.random.default_rng(1), 3, dense=False, density=True)
        points = landscape.find_critical_points(network, x)
        run = landscape.descend(network, x, landscape.ArmijoGradientDescent(), max_steps=20)
        print(*spectrum.largest, *spectrum.smallest, spectrum.trace, *run.x.ravel(), *points.value)
    assert jax.jit(lambda z: z + 1)(x).devices() == {there}
"""


@pytest.mark.slow
def test_the_same_calls_run_on_another_device():
    """JAX's host as two devices, all of it on the second: what a GPU is to JAX."""
    pytest.importorskip("jax")
    settings = {"JAX_PLATFORMS": "cpu", "JAX_ENABLE_X64": "1", "XLA_FLAGS": "--xla_force_host_platform_device_count=2"}
    run = subprocess.run(
        [sys.executable, "-c", ELSEWHERE], env={**os.environ, **settings}, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    there, here = (np.array(line.split(), dtype=float) for line in run.stdout.splitlines())
    assert len(there) > 80
    np.testing.assert_allclose(there, here, atol=1e-6)


def test_an_engine_that_there_is_not():
    with pytest.raises(ValueError, match=r"engine is 'torch' but must be one of numpy, jax$"):
        problem("mlp", engine="torch")


def test_commands_take_the_engine():
    pytest.importorskip("jax")
    words = ["spectrum", "mlp", "--set", "widths=2", "--top", "1", "--json"]
    ours, theirs = (CliRunner().invoke(main, [*words, "--set", f"engine={e}"]) for e in ("numpy", "jax"))
    assert (ours.exit_code, theirs.exit_code) == (0, 0)
    largest = [json.loads(r.stdout)["largest"][0]["value"] for r in (ours, theirs)]
    assert largest[0] == pytest.approx(largest[1], rel=1e-12)
