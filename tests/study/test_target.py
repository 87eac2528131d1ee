"""A target is taken as it was written, for one point or many, for NumPy, JAX or PyTorch; or refused and told why."""

import sys
import textwrap

import numpy as np
import pytest

from landscape.study import target as module
from landscape.study.faults import tolerated
from landscape.study.target import Target


@pytest.fixture(autouse=True)
def clean_import_state(monkeypatch):
    """Loading user files adds to `sys.path`, `sys.modules` and the cache of landscapes: each test starts without."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    module._load.cache_clear()
    yield
    module._load.cache_clear()
    for name in set(sys.modules) - before:
        if name.startswith(("landscape_user_", "mine")):
            del sys.modules[name]


@pytest.fixture
def own(tmp_path):
    """Writes a file of the user's and gives targets that name what is in it."""

    def write(text, name, **options):
        path = tmp_path / "own.py"
        path.write_text(textwrap.dedent(text))
        return Target(f"{path}:{name}", **options)

    return write


def reference(x):
    return np.sin(x).sum(axis=-1) + x[..., 0] * x[..., -1] ** 2


LOSSES = """
    import math
    import numpy as np

    def one_point(x):
        return np.sum(np.sin(x)) + x[0] * x[-1] ** 2

    def listed(x):
        return [math.sin(v) for v in x][0] * 0 + math.fsum(math.sin(v) for v in x) + x[0] * x[-1] ** 2

    def branching(x):
        rest = np.sum(np.sin(x))
        return rest + x[0] * x[-1] ** 2 if x[0] > 0 else rest - abs(x[0]) * x[-1] ** 2

    def rows(x):
        return np.sin(x).sum(axis=1) + x[:, 0] * x[:, -1] ** 2

    def batch(x):
        return np.sin(x).sum(axis=-1) + x[..., 0] * x[..., -1] ** 2

    def coordinates(x):
        return sum(np.sin(v) for v in x) + x[0] * x[-1] ** 2

    def in_place(x):
        product = x[..., 0] * x[..., -1] ** 2
        np.sin(x, out=x)
        return x.sum(axis=-1) + product

    def in_place_one_point(x):
        product = float(x[0] * x[-1] ** 2)
        for i in range(len(x)):
            x[i] = math.sin(x[i])
        return float(np.sum(x)) + product

    def in_place_coordinates(x):
        product = x[0] * x[-1] ** 2
        x[:] = np.sin(x)
        return sum(v for v in x) + product
"""
EACH = "one point"
COORDINATES = "one point, and good for many with their coordinates first"
ROWS = "a batch (m, n)"
BATCH = "a batch (..., n)"


@pytest.mark.parametrize("dim", [1, 2, 3, 4, 5, 6])
@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("one_point", EACH),
        ("listed", EACH),
        ("branching", EACH),
        ("rows", ROWS),
        ("batch", BATCH),
        ("coordinates", COORDINATES),
        ("in_place", BATCH),
        ("in_place_one_point", EACH),
        ("in_place_coordinates", COORDINATES),
    ],
)
def test_a_numpy_loss_has_its_own_values_however_it_is_written(own, name, written, dim):
    target = own(LOSSES, name, dim=dim, box=((-2.0, 2.0),))
    landscape = target.load()
    if dim > 1:  # one coordinate leaves several readings that are all right
        by = f"gradient by {landscape.provenance.gradient}, Hessian by finite differences"
        expected = f"{target.name}: NumPy, written for {written}; {by}"
        assert target.note() == expected
    rng = np.random.default_rng(5)
    for lead in [(), (1,), (dim,), (7,), (2, 3), (0,)]:
        x = rng.uniform(-2, 2, (*lead, dim))
        kept = x.copy()
        np.testing.assert_allclose(landscape.value(x), reference(x), rtol=1e-13, atol=1e-13)
        assert landscape.value(x).shape == lead
        np.testing.assert_array_equal(x, kept, err_msg="the caller's array was written to")
    x = rng.uniform(-2, 2, (3, dim))
    gradient = np.cos(x)
    gradient[:, 0] += x[:, -1] ** 2
    gradient[:, -1] += 2 * x[:, 0] * x[:, -1]
    np.testing.assert_allclose(landscape.gradient(x), gradient, rtol=1e-6, atol=1e-6)
    # Comparisons, `math` and `float` do not take complex numbers.
    real_only = name in ("listed", "branching", "in_place_one_point")
    assert landscape.provenance.gradient == ("finite differences" if real_only else "complex step")


def test_a_loss_of_two_named_coordinates(own):
    target = own("def loss(x):\n    return x[0] ** 2 + x[1]", "loss", dim=2)
    x = np.random.default_rng(0).normal(size=(6, 2))
    np.testing.assert_array_equal(target.load().value(x), x[:, 0] ** 2 + x[:, 1])
    assert COORDINATES in target.note()


def test_the_box_is_where_starts_are_drawn(own):
    rng = np.random.default_rng(0)
    text = "def loss(x):\n    return (x**2).sum(axis=-1)"
    everywhere = own(text, "loss", dim=3, box=((2.0, 3.0),)).load().starts(rng, 500)
    assert everywhere.min() >= 2 and everywhere.max() <= 3  # noqa: PT018
    each = own(text, "loss", dim=2, box=((0.0, 1.0), (-5.0, -4.0))).load().starts(rng, 500)
    assert (each >= [0, -5]).all() and (each <= [1, -4]).all()  # noqa: PT018
    assert np.ptp(each, axis=0) == pytest.approx([1, 1], abs=0.05)


def test_the_zoo_takes_its_parameters():
    landscape = Target("rastrigin", (("dim", 3),)).load()
    assert (landscape.name, landscape.dim) == ("rastrigin", 3)
    assert Target("rastrigin").note() == ""
    assert not Target("rastrigin").is_own
    assert Target("phi4", (("shape", (3, 2)),)).load().dim == 6


OWN = """
    from landscape import Landscape, Sphere, problem

    bowl = Landscape.from_function(lambda x: (x**2).sum(axis=-1), dim=3, box=(-2, 2))
    number = 3.0

    def scaled(a=1.0, word="no", shape=(1,)):
        dim = len(shape)
        return Landscape.from_function(lambda x: a * (x**2).sum(axis=-1), dim=dim, name=word)

    def needy(a):
        return bowl

    def nothing():
        return 3.0

    def broken():
        return {}["key"]

    def nested():
        return problem("nonsense")
"""


def test_a_landscape_of_the_users_own(own):
    target = own(OWN, "bowl")
    assert target.load().value(np.ones(3)) == 3.0
    assert target.note() == f"{target.name} is a Landscape"


def test_a_factory_of_the_users_own(own):
    target = own(OWN, "scaled", parameters=(("a", 2.5), ("shape", (1, 1)), ("word", "yes")))
    assert target.load().value(np.ones(2)) == 5.0
    assert target.load().name == "yes"
    assert target.note() == f"{target.name} returned a Landscape"


def test_a_module_of_the_current_folder(tmp_path, monkeypatch):
    (tmp_path / "mine_package").mkdir()
    (tmp_path / "mine_package" / "__init__.py").write_text("")
    (tmp_path / "mine_package" / "losses.py").write_text("def loss(x):\n    return (x**4).sum(axis=-1)\n")
    (tmp_path / "mine_flat.py").write_text("from mine_package.losses import loss\n")
    monkeypatch.chdir(tmp_path)
    for name in ("mine_package.losses:loss", "mine_flat:loss"):
        target = Target(name, dim=2)
        np.testing.assert_array_equal(target.load().value(np.full((3, 2), 2.0)), [32.0] * 3)
        assert target.note().startswith(f"{name}: NumPy, written for a batch")


def test_a_file_can_import_its_neighbours_and_hold_dataclasses(tmp_path):
    (tmp_path / "mine_helper.py").write_text("factor = 3.0\n")
    (tmp_path / "mine_main.py").write_text(
        "from __future__ import annotations\n"
        "from dataclasses import dataclass\n"
        "import mine_helper\n"
        "@dataclass\n"
        "class Loss:\n"
        "    a: float\n"
        "    def __call__(self, x):\n"
        "        return self.a * (x**2).sum(axis=-1)\n"
        "loss = Loss(mine_helper.factor)\n"
    )
    landscape = Target(f"{tmp_path / 'mine_main.py'}:loss", dim=2).load()
    assert landscape.value(np.ones(2)) == 6.0


def test_what_the_users_code_prints_goes_to_standard_error(own, capsys):
    target = own(
        """
        print("imported")
        def loss(x):
            print("called")
            return (x**2).sum(axis=-1)
        """,
        "loss",
        dim=2,
    )
    landscape = target.load()
    landscape.value(np.ones(2))
    landscape.hessian(np.ones((3, 2)))
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "imported" in printed.err
    assert "called" in printed.err


REFUSED = [
    pytest.param("a = 1", "loss", {}, r"own\.py has no 'loss'; it has no functions$", id="name missing, no functions"),
    pytest.param(
        "from math import sin\ndef near(x): return 0", "loss", {}, r"has no 'loss'; it has near$", id="name missing"
    ),
    pytest.param(
        "import no_such_module_anywhere", "loss", {}, r"could not be imported: ModuleNotFoundError: No module"
    ),
    pytest.param("def loss(x:", "loss", {}, r"could not be imported: SyntaxError: ", id="syntax"),
    pytest.param("raise KeyError", "loss", {}, r"could not be imported: KeyError$", id="error without text"),
    pytest.param("loss = 3.0", "loss", {"dim": 2}, r"loss is float, not a loss: it takes no --dim$", id="not a loss"),
    pytest.param(
        "loss = 3.0",
        "loss",
        {},
        r"loss is float; expected a Landscape, a function that returns one, or a loss$",
        id="not callable",
    ),
    pytest.param(
        "def loss(x): raise RuntimeError('why')",
        "loss",
        {"dim": 2},
        r"loss raised RuntimeError: why for a point of shape \(2,\)$",
        id="raises",
    ),
    pytest.param(
        "def loss(x): raise RuntimeError('first line\\nsecond line')",
        "loss",
        {"dim": 2},
        r"loss raised RuntimeError: first line for a point",
        id="raises in two lines",
    ),
    pytest.param(
        "import sys\ndef loss(x): sys.exit('done')", "loss", {"dim": 2}, r"loss raised SystemExit: done$", id="ends"
    ),
    pytest.param("import sys\nsys.exit(4)", "loss", {}, r"loss raised SystemExit: 4$", id="ends when imported"),
    pytest.param(
        "import sys\ndef loss(): sys.exit()", "loss", {}, r"loss raised SystemExit$", id="a factory that ends"
    ),
    pytest.param(
        "def loss(x): return x * 2", "loss", {"dim": 3}, r"returned shape \(3,\) for one point of shape \(3,\)"
    ),
    pytest.param("def loss(x): return 'word'", "loss", {"dim": 3}, r"loss raised ValueError: could not convert string"),
    pytest.param("def loss(x): return None", "loss", {"dim": 3}, r"loss raised TypeError: ", id="returns nothing"),
    pytest.param(
        "def loss(x, y): return 0.0",
        "loss",
        {"dim": 3},
        r"loss raised TypeError: .*missing 1 required",
        id="two arguments",
    ),
    pytest.param(
        "def loss(x): return 0.0",
        "loss",
        {"dim": 3, "box": ((0.0, 1.0), (0.0, 1.0))},
        r"--box has 2 ranges but --dim is 3; give one range, or one a coordinate$",
        id="box of wrong length",
    ),
    pytest.param(
        "def loss(x): return 0.0", "loss", {"dim": 1, "parameters": (("a", 1),)}, r"is a plain loss and takes no --set$"
    ),
    pytest.param(
        "def loss(x): return 0.0", "loss", {}, r"missing a required argument: 'x'\); a plain loss needs --dim N$"
    ),
    pytest.param(
        OWN, "bowl", {"dim": 3}, r"bowl is Landscape, not a loss: it takes no --dim$", id="landscape with dim"
    ),
    pytest.param(OWN, "bowl", {"parameters": (("a", 1),)}, r"bowl is a Landscape already and takes no --set$"),
    pytest.param(OWN, "bowl", {"box": ((0.0, 1.0),)}, r"--box is for a plain loss with --dim; .*bowl brings its own"),
    pytest.param(
        OWN, "scaled", {"box": ((0.0, 1.0),)}, r"--box is for a plain loss with --dim; .*scaled brings its own"
    ),
    pytest.param(
        OWN, "scaled", {"parameters": (("b", 1),)}, r"scaled cannot be called with these --set parameters \(.*'b'"
    ),
    pytest.param(
        OWN, "needy", {}, r"cannot be called .*missing a required argument: 'a'", id="factory lacks a parameter"
    ),
    pytest.param(OWN, "nothing", {}, r"nothing returned float, expected a Landscape; a plain loss needs --dim N$"),
    pytest.param(OWN, "broken", {}, r"broken raised KeyError: 'key'$", id="factory raises"),
    pytest.param(
        OWN, "nested", {}, r"nested raised ValueError: unknown problem 'nonsense'", id="factory without a problem"
    ),
    pytest.param(
        OWN, "", {}, r"does not say which function; write .*own\.py:NAME, it has scaled, needy, nothing, broken"
    ),
]


@pytest.mark.parametrize(("text", "name", "options", "sentence"), REFUSED)
def test_what_cannot_be_loaded_is_refused_in_one_sentence(own, text, name, options, sentence):
    target = own(text, name, **options)
    with pytest.raises(ValueError, match=sentence) as refused:
        target.load()
    assert "\n" not in str(refused.value)
    assert "own.py" in str(refused.value) or "--box" in str(refused.value)


@pytest.mark.parametrize(
    ("engine", "text"),
    [
        ("numpy", "def loss(x): return (x**2).sum(axis=-1) + 1j"),
        ("numpy", "import numpy as np\ndef loss(x): return complex(np.sum(x))"),
        ("jax", "import jax.numpy as jnp\ndef loss(x): return jnp.sum(x**2) * 1j"),
        ("torch", "import torch\ndef loss(x): return torch.sum(x**2) * 1j"),
    ],
)
def test_a_loss_of_complex_values_is_refused(own, engine, text):
    pytest.importorskip(engine)
    with pytest.raises(ValueError, match=r"own\.py:loss (raised TypeError|returned a complex number)"):
        own(text, "loss", dim=2).load()


def test_a_loss_that_raises_at_some_points_is_loaded_and_named_when_it_does(own):
    target = own("import math\ndef loss(x): return math.sqrt(x[0]) + x[1] ** 2", "loss", dim=2)
    landscape = target.load()
    assert ": NumPy, written for one point; gradient by finite differences" in target.note()
    assert landscape.value(np.array([[4.0, 1.0], [9.0, 2.0]])).tolist() == [3.0, 7.0]
    with pytest.raises(ValueError, match=r"own\.py:loss raised ValueError: .* for points of shape \(2, 2\)$"):
        landscape.value(np.array([[4.0, 1.0], [-9.0, 2.0]]))


def test_refusals_that_need_no_file(tmp_path):
    for target, sentence in [
        (Target("nowhere/none.py:loss", dim=2), r"^there is no file 'nowhere/none\.py'$"),
        (Target(f"{tmp_path}.py:loss", dim=2), r"^there is no file "),
        (Target("no_such_package.module:loss", dim=2), r"^module 'no_such_package.module' could not be imported: "),
        (Target(":loss", dim=2), r"could not be imported: "),
        (Target("math:sin_of", dim=2), r"^math has no 'sin_of'; it has "),
        (Target("himmelblau", dim=2), r"^--dim and --box are for a loss of your own; problem 'himmelblau' takes "),
        (Target("himmelblau", box=((0.0, 1.0),)), r"^--dim and --box are for a loss of your own"),
        (Target("himmelblaw"), r"unknown problem 'himmelblaw'; did you mean 'himmelblau'\?"),
        (Target("rastrigin", (("size", 3),)), r"has no parameter 'size'; it takes dim"),
        (Target("rastrigin", (("dim", "x"),)), r"parameter dim is 'x' but must be an integer"),
    ]:
        with pytest.raises(ValueError, match=sentence):
            target.load()
    (tmp_path / "plain.py").write_text("def near(x): return 0")
    with pytest.raises(
        ValueError, match=r"plain\.py does not say which function; write .*plain\.py:NAME, it has near$"
    ):
        Target(str(tmp_path / "plain.py")).load()


def test_parameters_are_checked_before_anything_is_loaded():
    for value in (float("nan"), float("-inf"), (1.0, float("inf"))):
        with pytest.raises(ValueError, match=r"^parameter a is -?(nan|inf) but must be finite$"):
            Target("anything", (("a", value),))


def test_nan_is_a_value_that_the_study_judges_not_the_loader(own):
    target = own("def loss(x):\n    return float('nan') * x.sum(axis=-1)", "loss", dim=2)
    assert np.isnan(target.load().value(np.ones((3, 2)))).all()


@pytest.mark.parametrize("method", ["value", "gradient", "hessian"])
def test_errors_of_the_users_functions_are_named(own, method):
    text = """
        from landscape import Landscape

        def loss(x):
            return 1 / 0 if (x > 10).any() else (x**2).sum(axis=-1)

        def made():
            return Landscape.from_function(loss, dim=2)
    """
    for target in (own(text, "loss", dim=2), own(text, "made")):
        function = getattr(target.load(), method)
        function(np.ones((3, 2)))
        with pytest.raises(ValueError, match=r"own\.py:\w+ raised ZeroDivisionError: .* for points of shape \(4, 2\)$"):
            function(np.full((4, 2), 20.0))


def test_products_at_a_point_are_guarded_as_others_are(own, capsys):
    text = """
        from landscape import Landscape

        def products(x):
            print("once")
            if x[0] > 10:
                raise KeyError("far")
            return lambda v: 1 / 0 if (v > 10).any() else 2 * v

        def made():
            return Landscape.from_function(lambda x: (x**2).sum(axis=-1), dim=2).with_options(linearized=products)
    """
    landscape, v = own(text, "made").load(), np.ones((3, 2))
    product = landscape.hvp_at(np.ones(2))
    np.testing.assert_array_equal(product(v), 2 * v)
    with pytest.raises(ValueError, match=r"own\.py:made raised ZeroDivisionError: .* for points of shape \(3, 2\)$"):
        product(20 * v)
    with pytest.raises(ValueError, match=r"own\.py:made raised KeyError: 'far' for points of shape \(2,\)$"):
        landscape.hvp_at(np.full(2, 20.0))
    with tolerated():  # where faults are counted point by point, products are those of any point
        np.testing.assert_allclose(landscape.hvp_at(np.full(2, 20.0))(20 * v), 40 * v, rtol=1e-8)
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "once\nonce\n")


JAX_LOSSES = """
    import jax.numpy as jnp

    def one_point(x):
        return jnp.sum(jnp.sin(x)) + x[0] * x[-1] ** 2

    def batch(x):
        return jnp.sum(jnp.sin(x), axis=-1) + x[..., 0] * x[..., -1] ** 2

    def rows(x):
        return jnp.sum(jnp.sin(x), axis=1) + x[:, 0] * x[:, -1] ** 2

    def branching(x):
        return jnp.sum(x**2) if x[0] > 0 else jnp.sum(x**4)

    def vector(x):
        return jnp.sin(x)
"""


@pytest.fixture
def x64():
    jax = pytest.importorskip("jax")
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", before)


@pytest.mark.parametrize("dim", [2, 4, 5])
@pytest.mark.parametrize(("name", "written"), [("one_point", EACH), ("batch", BATCH), ("rows", ROWS)])
def test_a_jax_loss_gets_derivatives_by_jax(own, x64, name, written, dim):
    target = own(JAX_LOSSES, name, dim=dim)
    landscape = target.load()
    assert target.note() == f"{target.name}: JAX, written for {written}; derivatives by JAX"
    x = np.random.default_rng(1).uniform(-1, 1, (3, dim))
    np.testing.assert_allclose(landscape.value(x), reference(x), rtol=1e-13)
    gradient = np.cos(x)
    gradient[:, 0] += x[:, -1] ** 2
    gradient[:, -1] += 2 * x[:, 0] * x[:, -1]
    np.testing.assert_allclose(landscape.gradient(x), gradient, rtol=1e-12)
    assert landscape.provenance.hessian == "JAX"


def test_jax_losses_that_cannot_be_used_are_refused(own, x64):
    with pytest.raises(ValueError, match=r"branching cannot be traced by JAX: TracerBoolConversionError: Attempted"):
        own(JAX_LOSSES, "branching", dim=2).load()
    with pytest.raises(ValueError, match=r"(returned shape|expected)"):
        own(JAX_LOSSES, "vector", dim=2).load()


def test_single_precision_is_refused_with_the_switch(own, x64):
    import jax

    jax.config.update("jax_enable_x64", False)
    with pytest.raises(ValueError, match="JAX_ENABLE_X64=1"):
        own(JAX_LOSSES, "one_point", dim=2).load()


@pytest.mark.parametrize("name", ["one_point", "rows"])
def test_a_torch_loss_gets_derivatives_by_torch(own, name):
    pytest.importorskip("torch")
    text = """
        import torch

        def one_point(x):
            return torch.sum(torch.sin(x)) + x[0] * x[-1] ** 2

        def rows(x):
            return torch.sum(torch.sin(x), dim=1) + x[:, 0] * x[:, -1] ** 2
    """
    target = own(text, name, dim=3)
    landscape = target.load()
    written = {"one_point": EACH, "rows": ROWS}[name]
    assert target.note() == f"{target.name}: PyTorch, written for {written}; derivatives by PyTorch"
    x = np.random.default_rng(1).uniform(-1, 1, (4, 3))
    np.testing.assert_allclose(landscape.value(x), reference(x), rtol=1e-13)
    np.testing.assert_allclose(landscape.gradient(x)[:, 1], np.cos(x[:, 1]), rtol=1e-13)
    assert landscape.provenance.gradient == "PyTorch"
