"""The verbs that list what there is, and results as JSON: one document, and all else elsewhere."""

import contextlib
import io
import json
import re
import shutil
from pathlib import Path

import pytest

from keras_ae import catalog, cli, data, variants
from keras_ae.apps.listing.fields import described_fields
from keras_ae.cli.look_up import _scales
from keras_ae.data.find import dataset_kinds
from keras_ae.data.series.windows import SeriesFile
from keras_ae.data.sources.source import DataSource
from keras_ae.declared import check_fields
from keras_ae.errors import InputError
from keras_ae.experiments.benchmark import compared_variants
from keras_ae.files import classes_below
from keras_ae.recipe import flat, load, override
from keras_ae.recipe_files import recipe_files
from keras_ae.runs.card import _data
from keras_ae.variants import Variant


def asked(capsys, *words):
    """What a verb printed as JSON, and what went to standard error."""
    assert cli.main([*map(str, words), "--json"]) == 0
    told = capsys.readouterr()
    return json.loads(told.out), told.err


def test_data_sets_and_variants_are_those_that_are_found_by_import():
    names = {kind.name for kind in dataset_kinds() if kind.name}
    sources = {kind.__name__ for kind in classes_below(data, DataSource)}
    paths = {kind.__name__ for kind in dataset_kinds() if not kind.name} | sources
    entries = catalog.datasets()
    assert {entry.text for entry in entries if entry.is_name} == names
    assert {entry.kind for entry in entries if not entry.is_name} == paths
    kinds = {kind.__name__ for kind in classes_below(variants, Variant)}
    assert {entry.text for entry in catalog.variants()} == kinds
    assert all(entry.summary for entry in (*entries, *catalog.variants()))


@pytest.mark.parametrize("name", recipe_files())
def test_a_recipes_fields_are_read_from_files_as_they_are_by_import(name):
    recipe = load(name)
    paths = list(flat(recipe))
    check_fields(name, [path for path in paths if not any(other.startswith(f"{path}.") for other in paths)])
    for owner in {path.rpartition(".")[0] for path in paths}:
        wrong = f"{owner}.nothing" if owner else "nothing"
        with pytest.raises(InputError) as expected:
            override(recipe, [f"{wrong}=1"])
        with pytest.raises(InputError, match=re.escape(str(expected.value))):
            check_fields(name, [wrong])


@pytest.mark.parametrize(
    ("content", "path"),
    [
        ("recipe = dataclasses.replace(recipe, epochs=2)", "variant.x"),
        ("fields = dict(variant=1)\nrecipe = Recipe(**fields)", "variant.x"),
        ("from elsewhere import Own\nrecipe = Recipe(Own(), Own())", "variant.x"),
        ("from keras_ae.variants import Own\nrecipe = Recipe(variant=Own())", "variant.x"),
        ("class Own(Unknown):\n    pass\n\nrecipe = Recipe(variant=Own())", "variant.x"),
        ("recipe = Recipe(variant='variational')", "variant.x"),
        ("recipe = (", "variant.x"),
    ],
)
def test_what_a_file_does_not_tell_of_fields_is_left_to_the_import(tmp_path, content, path):
    (tmp_path / "own.py").write_text(content)
    check_fields(str(tmp_path / "own.py"), [path])
    with pytest.raises(InputError, match="Recipe has no field 'variants'"):
        check_fields(str(tmp_path / "own.py"), ["variants.x"])


def test_fields_of_objects_that_are_replaced_are_left_to_the_import():
    check_fields("denoising", ["data.normal"], own_data=False)
    check_fields("denoising", ["variant", "variant.l1"])


def test_classes_of_a_recipes_own_file_and_of_packages_are_read(tmp_path):
    (tmp_path / "own.py").write_text(
        "from keras_ae.variants import Variational\n"
        "@dataclass(frozen=True)\nclass Own(Variational):\n    width: int = 3\n\n"
        "recipe: Recipe = keras_ae.Recipe('mnist', Own(width=2))\n"
    )
    check_fields(str(tmp_path / "own.py"), ["variant.width"])
    with pytest.raises(InputError, match="Own has no field 'warmup'; it is now kl_warmup"):
        check_fields(str(tmp_path / "own.py"), ["variant.warmup"])


def test_variants_of_a_benchmark_are_those_that_it_compares():
    assert catalog.compared_names() == list(compared_variants())


@pytest.mark.parametrize("verb", ["list", "datasets", "variants"])
def test_a_listing_has_a_line_for_each_entry(verb, capsys):
    entries, told = asked(capsys, verb)
    assert told == ""
    assert cli.main([verb]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(entries) > 10
    for line, entry in zip(lines, entries, strict=True):
        assert line.startswith(next(iter(entry.values())))
        assert line.endswith(entry["summary"])


def test_a_recipes_fields_have_their_values_types_and_meanings(capsys):
    fields, _ = asked(capsys, "show", "denoising", "--set", "variant.latent_dim=7")
    by_name = {field["field"]: field for field in fields}
    recipe = override(load("denoising"), ["variant.latent_dim=7"])
    assert list(by_name) == [name for name in flat(recipe) if name != "name"]
    assert by_name["variant.latent_dim"] == {
        "field": "variant.latent_dim", "value": "7", "default": "32", "type": "int",
        "meaning": "Size of a code, at least 1",
    }  # fmt: skip
    assert by_name["variant"]["value"] == "Undercomplete"
    assert cli.main(["show", "denoising", "--set", "variant.latent_dim=7"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["field", "value", "type", "meaning"]
    [line] = [line for line in lines if line.startswith("variant.latent_dim ")]
    assert "7 (default 32)" in line
    assert line.endswith("Size of a code, at least 1")


def test_every_field_of_every_recipe_has_a_meaning():
    for path in sorted((Path(cli.__file__).parents[2] / "recipes").glob("*.py")):
        lacking = [field["field"] for field in described_fields(load(str(path))) if not field["meaning"]]
        assert not lacking, path


def test_the_heads_of_a_recipe_are_listed_with_what_they_take_and_give(exported, capsys):
    heads, _ = asked(capsys, "heads", "tiny", "--models", exported)
    assert [head["head"] for head in heads] == ["autoencoder", "decoder", "encoder"]
    assert heads[0]["versions"] == [1]
    assert heads[0]["labels"] == {"stable": 1}
    assert heads[2]["signatures"]["serving_default"]["outputs"]["code"]["shape"] == [None, 4]
    assert cli.main(["heads", "tiny", "--models", str(exported)]) == 0
    printed = capsys.readouterr().out
    assert "encoder  versions 1; stable 1" in printed
    assert "serving_default: inputs nx12x12x1 float32 -> code nx4 float32" in printed
    assert cli.main(["heads", "none", "--models", str(exported)]) == 2
    assert "no recipe or model called 'none'; " in capsys.readouterr().err


def test_a_version_without_a_card_is_listed_too(exported, tmp_path, capsys):
    shutil.copytree(exported / "tiny" / "encoder", tmp_path / "tiny" / "encoder")
    (tmp_path / "tiny/encoder/1/card.json").write_text("{}")
    assert cli.main(["heads", "tiny", "--models", str(tmp_path)]) == 0
    assert capsys.readouterr().out.splitlines() == ["encoder  versions 1; stable 1"]


@pytest.fixture
def verb():
    """A verb that reports, prints a result and logs, run with options."""
    from argparse import Namespace

    from keras_ae.cli.output import PROGRESS, redirected, show

    def run(**options):
        options = Namespace(**{"json": False, "quiet": False, "output": None} | options)
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), redirected(options):
            print("report")
            PROGRESS.info("progress")
            PROGRESS.warning("warning")
            show(options, {"number": float("nan"), "path": Path("a"), "list": (1, None)}, ["a line"])
        return out.getvalue().splitlines(), err.getvalue().splitlines()

    return run


def test_results_go_to_standard_output_and_with_json_all_else_to_standard_error(verb):
    assert verb() == (["report", "a line"], ["progress", "warning"])
    out, err = verb(json=True)
    assert json.loads("".join(out)) == {"number": None, "path": "a", "list": [1, None]}
    assert err == ["report", "progress", "warning"]
    assert verb(quiet=True) == (["a line"], ["warning"])
    assert verb(output="-") == (["a line"], ["report", "progress", "warning"])
    assert verb(output=Path("-"))[1] == ["report", "progress", "warning"]


def test_fields_of_data_that_others_wrap_are_set_as_their_own(tmp_path):
    (tmp_path / "own.py").write_text(
        "from keras_ae import Recipe\n"
        "from keras_ae.data.images.one_class import OneClass\n"
        "from keras_ae.data.images.sprites import Sprites\n\n"
        "recipe = Recipe(data=OneClass(of=Sprites()), variant='variational', task='anomaly')\n"
    )
    check_fields(str(tmp_path / "own.py"), ["data.size"])
    assert override(load(str(tmp_path / "own.py")), ["data.size=16"]).data.of.size == 16
    with pytest.raises(InputError, match=r"no field 'sizes' \(near it: data.of.size\); its fields"):
        check_fields(str(tmp_path / "own.py"), ["data.sizes"])


def test_a_terminal_without_the_letters_of_a_name_shows_their_numbers(monkeypatch):
    from argparse import Namespace

    from keras_ae.cli.output import redirected

    content = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(content, encoding="latin-1"))
    with redirected(Namespace(json=False, quiet=False, output=None)):
        print("température 温度", flush=True)
    assert content.getvalue().splitlines() == ["température ".encode("latin-1") + rb"\u6e29\u5ea6"]


def test_a_recipes_file_is_read_again_after_it_has_changed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for backbone, field in (("DenseBackbone", "units"), ("ConvBackbone", "filters")):
        module = {"DenseBackbone": "dense", "ConvBackbone": "conv2d"}[backbone]
        Path("mine.py").write_text(
            f"from keras_ae.backbones.{module} import {backbone}\n"
            "from keras_ae.recipe import Recipe\n"
            "from keras_ae.variants.undercomplete import Undercomplete\n"
            f"recipe = Recipe(variant=Undercomplete({backbone}()))\n"
        )
        check_fields("mine.py", [f"variant.backbone.{field}"])


def test_each_of_several_series_has_its_scale_in_the_card_and_among_the_heads(tmp_path):
    file = tmp_path / "machines.csv"
    rows = [
        f"2024-01-{1 + hour // 24:02} {hour % 24:02}:00,{name},{hour % 7 + 10 * (name == 'B')}"
        for hour in range(240)
        for name in "AB"
    ]
    file.write_text("\n".join(["time,machine,v", *rows, ""]))
    scales = _data(SeriesFile(str(file), window=8).load())["scales"]
    assert list(scales) == ["A", "B"]
    assert scales["B"]["offset"][0] - scales["A"]["offset"][0] == pytest.approx(10)
    lines = list(_scales(scales))
    assert lines[0].endswith("(value - offset) / scale of each channel, by its series:")
    assert lines[2] == "    B: offset 12.975; scale 2.01023"
    many = list(_scales({str(number): scales["A"] for number in range(20)}))
    assert many[-1] == "    and 12 more, in card.json under data.scales"
