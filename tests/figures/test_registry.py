import subprocess
import sys
from pathlib import Path

import landscape.experiments
import pytest

from landscape.figures import registry
from landscape.figures.registry import Experiment, experiment_names, load_experiment

NAMES = experiment_names()


def test_the_list_is_a_copy_without_repetitions():
    experiment_names().clear()
    assert experiment_names() == NAMES
    assert len(set(NAMES)) == len(NAMES)


def test_every_module_is_registered_and_every_name_has_its_module():
    folder = Path(landscape.experiments.__file__).parent
    assert {file.stem for file in folder.glob("*.py")} - {"__init__"} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_experiment_loads_and_describes_itself(name):
    experiment = load_experiment(name)
    assert isinstance(experiment, Experiment)
    assert experiment.name == name
    assert 10 < len(experiment.title) < 90
    assert experiment.caption.endswith(".")


def test_an_unknown_name_is_refused_with_those_there_are():
    with pytest.raises(ValueError, match="no figure 'nonsense'; there are learning_rate_regimes, "):
        load_experiment("nonsense")


def test_a_module_without_an_experiment_of_its_name_is_refused(monkeypatch):
    monkeypatch.setattr(registry, "_NAMES", ("other",))
    module = type(sys)("landscape.experiments.other")
    module.EXPERIMENT = load_experiment.__doc__
    monkeypatch.setitem(sys.modules, "landscape.experiments.other", module)
    with pytest.raises(TypeError, match="EXPERIMENT to the Experiment named 'other'"):
        load_experiment("other")


def test_neither_listing_nor_loading_loads_matplotlib():
    code = """
import sys
from landscape.figures.registry import experiment_names, load_experiment
import landscape.figures.run, landscape.figures.gallery
for name in experiment_names():
    load_experiment(name)
print("matplotlib" in sys.modules)
"""
    assert subprocess.check_output([sys.executable, "-W", "error", "-c", code], text=True).strip() == "False"
