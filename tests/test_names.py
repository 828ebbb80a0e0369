"""The names of models: the rule, the default of recipe and data, and which model a text stands for."""

import logging

import pytest

from keras_ae.errors import InputError
from keras_ae.model_names import check_model_name, default_name, find_model, no_model
from keras_ae.names import LONGEST, check_name, is_name, near_names, slug

HOSTILE = [
    "", " ", ".", "..", ".hidden", "-x", "a/b", "/a", "a/", "../x", "a\\b", 'a"b', "a'b", "a b", "a\tb",
    "a\n", "a:b", "a*", "$(x)", "a;b", "é", "名", "a\u200b", "a\0b", "x" * (LONGEST + 1),
    None, 5, b"a", ["a"],
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_a_name_that_no_folder_may_have_is_refused_in_one_line_that_gives_the_rule(name):
    assert not is_name(name)
    with pytest.raises(
        InputError, match="^--name must be one part of letters, digits, _, . and - "
    ) as raised:
        check_name(name, "--name")
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 4 * LONGEST


@pytest.mark.parametrize("name", ["a", "_", "7", "pics", "v1.2-final_3", "a..b", "x" * LONGEST])
def test_other_names_are_taken(name):
    check_name(name, "--name")


def test_a_model_has_no_other_recipes_name():
    check_model_name("denoising", "denoising")
    with pytest.raises(InputError, match="digits is the name of another recipe, .* give a --name that"):
        check_model_name("digits", "denoising")
    with pytest.raises(InputError, match="--name must be one part of"):
        check_model_name("a/b", "denoising")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("photos", "photos"),
        ("My photos (2024)", "My-photos-2024"),
        ("nab:realTweets/x.csv", "nab-realTweets-x.csv"),
        ("..hidden..", "hidden"),
        ("Café", "Cafe"),
    ],
)
def test_a_slug_keeps_what_a_name_may_have(text, name):
    assert slug(text) == name


def test_slugs_of_other_alphabets_are_names_of_their_own():
    slugs = {slug(text) for text in ("写真", "動画", "写真1", "動画1", "", "///", "\udcff")}
    assert len(slugs) == 7
    assert all(map(is_name, slugs))
    assert is_name(slug("x" * 500))
    assert slug("x" * 500) != slug("x" * 501)


def test_a_default_name_is_that_of_recipe_and_data(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my.photos").mkdir()
    (tmp_path / "rows.v2.csv").touch()
    (tmp_path / "link").symlink_to("my.photos")
    assert default_name("denoising", "mnist") == "denoising-mnist"
    for text in ("my.photos", "my.photos/", "./my.photos", str(tmp_path / "my.photos")):
        assert default_name("denoising", text) == "denoising-my.photos"
    assert default_name("denoising", "link") == "denoising-link"
    assert default_name("table_anomaly", "rows.v2.csv") == "table_anomaly-rows.v2"
    monkeypatch.chdir(tmp_path / "my.photos")
    assert default_name("denoising", ".") == "denoising-my.photos"
    assert is_name(default_name("denoising", "/"))
    assert is_name(default_name("r" * LONGEST, "x" * LONGEST))


MODELS = {"denoising": "denoising", "pets": "denoising", "a": "digits", "b": "digits", "c": "sparse"}


def test_a_text_stands_for_a_model_or_for_its_recipe(tmp_path, caplog):
    caplog.set_level(logging.INFO, "keras_ae")
    for text, name, told in (
        ("pets", "pets", []),
        ("denoising", "denoising", ["taking denoising; runs also holds, of this recipe, pets"]),
        ("any/where/denoising.py", "denoising", ["taking denoising; runs also holds, of this recipe, pets"]),
        ("sparse", "c", ["taking c, the one model of the recipe sparse in runs"]),
        ("stacked", None, []),
        ("nope", None, []),
    ):
        caplog.clear()
        assert find_model(text, MODELS, "runs") == name
        assert caplog.messages == told
    with pytest.raises(
        InputError, match="runs holds several models of the recipe digits; .* in its place: a, b"
    ):
        find_model("digits", MODELS, "runs")
    with pytest.raises(InputError, match="the name of a recipe or of a model must be one part of"):
        find_model("../runs", MODELS, "runs")


def test_what_there_is_none_of_is_told_with_what_there_is_and_what_is_near(tmp_path):
    def told(text, models):
        return str(no_model(text, models, "runs", "finished run", "train one first"))

    assert told("stacked", {}) == "there is no finished run of stacked below runs; train one first"
    assert told("stacked", MODELS) == (
        "there is no finished run of stacked below runs (there is a, b, c, denoising, pets); train one first"
    )
    assert told("pet", MODELS) == (
        "there is no recipe or model called 'pet' (near it: pets); runs holds a, b, c, denoising, pets; "
        "keras-ae list names the recipes"
    )
    assert told("zzz", {}) == (
        "there is no recipe or model called 'zzz'; runs holds nothing; keras-ae list names the recipes"
    )
    (tmp_path / "mine.py").touch()
    assert "there is no finished run of mine below" in told(str(tmp_path / "mine.py"), {})
    assert near_names("denoise", ["digits", "denoising", "photo_denoising"])[0] == "denoising"
