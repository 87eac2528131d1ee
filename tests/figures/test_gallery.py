import json
from html.parser import HTMLParser

import pytest

from landscape.figures.gallery import write_gallery

VOID = {"meta", "img", "br", "link", "hr"}


class Page(HTMLParser):
    """Checks that tags nest, and keeps links, images and text."""

    def __init__(self, text):
        super().__init__()
        self.open, self.links, self.images, self.words = [], [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)
        if tag == "a":
            self.links.append(dict(attrs)["href"])
        if tag == "img":
            self.images.append(dict(attrs))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def record(name, title="A title", measured=1.0, holds=True, **more):
    claim = {"text": "a < b & c", "measured": measured, "expected": 1.0, "tolerance": 1e-6, "low": None, "high": None}
    interval = claim | {"expected": None, "tolerance": None, "low": 0.0, "high": 2.0}
    sides = {"source": "<script>", "holds": holds}
    claims = [claim | sides, interval | sides]
    return {"name": name, "title": title, "caption": "Cap <b>.", "quick": False, "seed": 0, "claims": claims} | more


def put(out, data):
    folder = out / data["name"]
    folder.mkdir()
    (folder / "claims.json").write_text(json.dumps(data), encoding="utf-8")
    for suffix in ("png", "pdf"):
        (folder / f"{data['name']}.{suffix}").write_bytes(b"")


def test_it_lists_every_figure_there_is_in_the_registrys_order(tmp_path):
    for name in ("zebra", "conditioning", "learning_rate_regimes"):
        put(tmp_path, record(name, title=f"About {name}"))
    (tmp_path / "no_figure").mkdir()
    page = write_gallery(tmp_path)
    assert page == tmp_path / "index.html"
    text = page.read_text(encoding="utf-8")
    places = [text.index(f'<article id="{name}">') for name in ("learning_rate_regimes", "conditioning", "zebra")]
    assert places == sorted(places)
    assert "6 of their 6 claims hold" in text


def test_links_are_relative_and_lead_to_files(tmp_path):
    put(tmp_path, record("conditioning"))
    page = Page(write_gallery(tmp_path).read_text(encoding="utf-8"))
    files = [link for link in page.links if not link.startswith("#")]
    assert len(files) >= 3
    assert all((tmp_path / link).exists() for link in files)
    assert all((tmp_path / image["src"]).exists() and image["alt"] for image in page.images)


def test_text_is_escaped(tmp_path):
    put(tmp_path, record("conditioning", title="<i>"))
    text = write_gallery(tmp_path).read_text(encoding="utf-8")
    assert "<script>" not in text
    assert "<i>" not in text
    assert "a < b & c" in "".join(Page(text).words)


@pytest.mark.parametrize(("holds", "word"), [(True, "holds"), (False, "FAILS")])
def test_the_verdict_is_in_words(tmp_path, holds, word):
    put(tmp_path, record("conditioning", holds=holds, measured=None))
    words = Page(write_gallery(tmp_path).read_text(encoding="utf-8")).words
    assert words.count(word) == 2
    assert "not finite" in words
    assert "0 to 2" in words
    assert "1 ± 1e-06" in words


def test_how_to_make_a_figure_anew(tmp_path):
    put(tmp_path, record("conditioning", quick=True, seed=7))
    assert "landscape figures conditioning --quick --seed 7" in write_gallery(tmp_path).read_text(encoding="utf-8")


def test_the_same_figures_give_the_same_bytes_and_none_a_page(tmp_path):
    empty = write_gallery(tmp_path / "empty").read_text(encoding="utf-8")
    assert "0 figures" in empty
    put(tmp_path, record("conditioning"))
    assert write_gallery(tmp_path).read_bytes() == write_gallery(tmp_path).read_bytes()
