"""The figures that are kept beside the code: each is complete, was made by it, and what it claims holds."""

import json
from pathlib import Path

import pytest

from landscape.figures.claims import Claim
from landscape.figures.files import CLAIMS_FILE, DATA_FILE, read_data
from landscape.figures.registry import experiment_names, load_experiment

KEPT = Path(__file__).parents[2] / "paper_figures"


def record_of(name):
    return json.loads((KEPT / name / CLAIMS_FILE).read_text(encoding="utf-8"), parse_constant=pytest.fail)


def test_every_experiment_has_a_folder_and_every_folder_an_experiment():
    assert sorted(path.name for path in KEPT.iterdir() if path.is_dir()) == sorted(experiment_names())


@pytest.mark.parametrize("name", experiment_names())
def test_a_folder_is_complete(name):
    for file in (DATA_FILE, CLAIMS_FILE, f"{name}.png", f"{name}.pdf"):
        assert (KEPT / name / file).stat().st_size > 0


@pytest.mark.parametrize("name", experiment_names())
def test_every_claim_holds(name):
    record = record_of(name)
    assert (record["name"], record["quick"], record["seed"]) == (name, False, 0)
    assert record["claims"]
    for claim in record["claims"]:
        assert claim["holds"] is True, claim["text"]
        again = Claim(**{key: value for key, value in claim.items() if key != "holds"})
        assert again.holds, claim["text"]


@pytest.mark.parametrize("name", experiment_names())
def test_title_caption_and_claims_are_those_of_the_code(name):
    """A figure whose text has changed since is to be made again."""
    record, experiment = record_of(name), load_experiment(name)
    assert (record["title"], record["caption"]) == (experiment.title, experiment.caption)
    claims = experiment.claims(read_data(KEPT / name / DATA_FILE))
    assert [claim["text"] for claim in record["claims"]] == [claim.text for claim in claims]
    assert [claim for claim in claims if not claim.holds] == []
