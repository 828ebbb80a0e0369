"""Loading recipes, and changing their fields from text."""

import dataclasses
import importlib

import pytest

from keras_ae import recipe_files
from keras_ae.backbones.conv2d import ConvBackbone
from keras_ae.backbones.dense import DenseBackbone
from keras_ae.cli.arguments import split_settings
from keras_ae.data.images.folder import ImageFolder
from keras_ae.data.sequences.files import SequenceFile
from keras_ae.data.series.windows import SeriesFile
from keras_ae.data.tables.tables import TableFile
from keras_ae.errors import InputError, check_types
from keras_ae.field_names import RENAMED_FIELDS
from keras_ae.heads import Backbone
from keras_ae.overrides import recipe_classes
from keras_ae.recipe import Recipe, flat, load, override, replaced
from keras_ae.recipe_files import MOVED
from keras_ae.runs.rebuild import recipe_from_settings
from keras_ae.runs.settings import settings_of
from keras_ae.tasks.corruption import Masking, SaltAndPepper
from keras_ae.tasks.reconstruction import Reconstruction
from keras_ae.variants.undercomplete import Undercomplete
from keras_ae.variants.variational import Variational


def changed(recipe, *settings):
    return override(recipe, settings)


def test_plain_fields_take_text_of_their_type(tiny_recipe):
    recipe = changed(tiny_recipe, "epochs=5", "learning_rate=1e-2", "loss=squared_error", "seed = 3")
    assert (recipe.epochs, recipe.learning_rate, recipe.loss, recipe.seed) == (5, 0.01, "squared_error", 3)
    assert tiny_recipe.epochs == 3


def test_nested_fields_are_reached_by_dots(tiny_recipe):
    recipe = changed(
        tiny_recipe, "variant.latent_dim=16", "variant.backbone.units=32,8", "task.corruption.sigma=.1"
    )
    assert recipe.variant.latent_dim == 16
    assert recipe.variant.backbone.units == (32, 8)
    assert recipe.task.corruption.sigma == 0.1


@pytest.mark.parametrize(("text", "units"), [("", ()), ("7", (7,)), ("7,", (7,)), ("(7, 8)", (7, 8))])
def test_a_tuple_may_have_none_one_or_more(tiny_recipe, text, units):
    assert changed(tiny_recipe, f"variant.backbone.units={text}").variant.backbone.units == units


@pytest.mark.parametrize(
    ("setting", "names"),
    [
        ("T,CO(GT)", ("T", "CO(GT)")),
        ("CO(GT)", ("CO(GT)",)),
        ("(a)(b),[m/s]", ("(a)(b)", "[m/s]")),
        ("[m/s],T", ("[m/s]", "T")),
        ('T,"Wind, gust [m/s]"', ("T", "Wind, gust [m/s]")),
        ("'a, b',c", ("a, b", "c")),
        ('"a, b"', ("a, b",)),
        ('"(a, b)",c', ("(a, b)", "c")),
        ('"the size",it\\\'s', ("the size", "it's")),
        ("温度,-x", ("温度", "-x")),
    ],
)
def test_names_of_columns_keep_their_brackets_and_commas(tiny_recipe, setting, names):
    recipe = dataclasses.replace(tiny_recipe, data=TableFile("table.csv"))
    settings = split_settings([f"epochs=3 data.left_out={setting}", 'data.label="a, b"'])
    changed_recipe = changed(recipe, *settings)
    assert (changed_recipe.data.left_out, changed_recipe.data.label) == (names, "a, b")
    assert changed(recipe, f"data.left_out={changed_recipe.data.left_out}").data.left_out == names


def test_quoted_objects_may_have_commas(tiny_recipe):
    settings = split_settings(
        ["variant.backbone='DenseBackbone(units=(7, 8), activation=\"tanh\")' epochs=3"]
    )
    backbone = changed(tiny_recipe, *settings).variant.backbone
    assert (backbone.units, backbone.activation) == ((7, 8), "tanh")


def test_an_optional_field_takes_none_and_its_type(tiny_recipe):
    recipe = dataclasses.replace(tiny_recipe, data=ImageFolder("folder"))
    sized = changed(recipe, "data.size=256")
    assert sized.data.size == 256
    assert changed(sized, "data.size=none").data.size is None


def test_an_object_is_replaced_by_another_of_its_kind(tiny_recipe):
    recipe = changed(tiny_recipe, "task.corruption=Masking(rate=0.3)")
    assert recipe.task.corruption == Masking(0.3)
    assert changed(recipe, "task.corruption=SaltAndPepper").task.corruption == SaltAndPepper()
    assert changed(recipe, "task=Reconstruction").task == Reconstruction()
    assert changed(recipe, "variant.backbone=ConvBackbone(filters=(4, 8))").variant.backbone == ConvBackbone(
        (4, 8)
    )
    nested = changed(recipe, "variant=Undercomplete(backbone=DenseBackbone(units=(3,)), latent_dim=2)")
    assert nested.variant.backbone == DenseBackbone((3,))
    default = changed(recipe, "variant=Undercomplete(backbone=ConvBackbone)")
    assert default.variant.backbone == ConvBackbone()


def test_a_setting_of_each_level_takes_one_value_or_several(tiny_recipe):
    texts = {
        "kernel_size=4": ("kernel_size", 4),
        "kernel_size=16,64": ("kernel_size", (16, 64)),
        "kernel_size=(5, 3)": ("kernel_size", (5, 3)),
        "up_kernel_size=none": ("up_kernel_size", None),
        "up_kernel_size=4,3": ("up_kernel_size", (4, 3)),
        "down=max_pool": ("down", "max_pool"),
        "up=nearest,transposed": ("up", ("nearest", "transposed")),
    }
    recipe = changed(tiny_recipe, "variant.backbone=ConvBackbone")
    for text, (name, value) in texts.items():
        backbone = changed(recipe, f"variant.backbone.{text}").variant.backbone
        assert getattr(backbone, name) == value
        settings = {**settings_of(recipe), **settings_of(changed(recipe, f"variant.backbone.{text}"))}
        assert recipe_from_settings(settings).variant.backbone == backbone
    inside = changed(
        recipe, "variant.backbone=ConvBackbone(kernel_size=(5,3),down='max_pool')"
    ).variant.backbone
    assert inside == ConvBackbone(kernel_size=(5, 3), down="max_pool")
    with pytest.raises(InputError, match="kernel_size: expected a whole number, received 'x'"):
        changed(recipe, "variant.backbone.kernel_size=3,x")
    with pytest.raises(InputError, match="kernel_size must be a whole number or a tuple, received 2.5"):
        check_types(dataclasses.replace(recipe, variant=Undercomplete(Numbers(2.5))))


@dataclasses.dataclass(frozen=True)
class Numbers(Backbone):
    """A backbone that does not look at its field."""

    kernel_size: int | tuple[int, ...] = 3


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("epochs", "expected FIELD=VALUE, such as .epochs=5., received 'epochs'"),
        (
            "epoch=5",
            r"^epoch: Recipe has no field 'epoch' \(near it: epochs, .*\); keras-ae show RECIPE lists all$",
        ),
        (
            "variant.latent=5",
            r"no field 'latent' \(near it: variant.latent_dim\); its fields are backbone, latent_dim",
        ),
        ("epochs.more=5", "int has no field 'more'; it has no fields to set"),
        ("epochs=five", "epochs: expected a whole number, received 'five'"),
        ("epochs=1.5", "epochs: expected a whole number"),
        ("learning_rate=fast", "learning_rate: expected a number"),
        ("epochs=0", "epochs: epochs must be at least 1, received 0"),
        (
            "loss=hinge",
            "loss must be one of auto, binary_crossentropy, .*; received 'hinge'",
        ),
        ("loss=mes", "^loss: loss must be .*; received 'mes' .near it: mse"),
        ("schedule=linear", "schedule must be one of constant, cosine"),
        ("checkpoint=worst", "checkpoint must be one of best, last; received 'worst'"),
        ("learning_rate=-1", "learning_rate must be above 0"),
        ("seed=-1", "seed must be at least 0"),
        ("variant.latent_dim=0", "latent_dim must be at least 1"),
        ("variant.backbone.units=3,x", "expected a whole number, received 'x'"),
        (
            "task.corruption=Blur",
            "there is no Corruption called 'Blur'; there is Binarized, Co.*, Gaussian, .*; write Name",
        ),
        (
            "task.corruption=DenseBackbone",
            "there is no Corruption called 'DenseBackbone'; there is Binarized, CoarseFrames, Gaussian",
        ),
        ("task.corruption=Masking(rate=2)", "rate must be above 0 and at most 1, received 2"),
        ("task.corruption=Masking(0.5)", "no Corruption called 'Masking.0.5.' .*; write Name or Name"),
        (
            "task.corruption=Masking(rate=__import__('os'))",
            "task.corruption.rate: expected a number, received",
        ),
        (
            "variant=Undercomplete(latent_dim=2.5)",
            "variant.latent_dim: expected a whole number, received '2.5'",
        ),
        ("variant=Undercomplete(latent=2)", "has no field 'latent' .*; its fields are backbone, latent_dim"),
        (
            "variant=Undercomplete(backbone=Gaussian)",
            "variant.backbone: there is no Backbone called 'Gaussian'; there is BidirectionalBackbone, ",
        ),
        ("data=ImageFolder", "ImageFolder cannot be created from text"),
        ("name=../x", "a recipe is named after its file"),
        ("seed=4294967296", "seed must be at most 4294967295"),
        ("variant.backbone.activation=rleu", "rleu"),
        ("task.corruption=Masking(", "there is no Corruption called 'Masking\\('"),
        ("callbacks=x", "cannot be set from text; change it in the recipe's file"),
    ],
)
def test_a_wrong_setting_is_refused_with_what_was_expected(tiny_recipe, setting, message):
    with pytest.raises(InputError, match=message):
        changed(tiny_recipe, setting)


def test_every_field_is_listed_by_its_path(tiny_recipe):
    fields = flat(tiny_recipe)
    assert fields["variant"] == "Undercomplete"
    assert fields["variant.backbone.units"] == (16,)
    assert fields["task.corruption.sigma"] == 0.2


def test_a_recipe_is_loaded_by_name_and_by_path(tmp_path):
    assert load("denoising").name == "denoising"
    mine = tmp_path / "mine.py"
    mine.write_text(recipe_files.recipe_file("digits").read_text())
    recipe = load(str(mine))
    assert isinstance(recipe, Recipe)
    assert recipe.name == "mine"


def test_a_recipe_may_define_a_dataclass_of_its_own(tmp_path):
    (tmp_path / "mine.py").write_text(
        "from __future__ import annotations\n"
        "from dataclasses import dataclass, replace\n"
        "from keras_ae.recipe import load\n"
        "from keras_ae.tasks.reconstruction import Reconstruction\n"
        "@dataclass(frozen=True)\nclass Task(Reconstruction):\n    share: float = 0.5\n"
        "recipe = replace(load('digits'), task=Task())\n"
    )
    recipe = load(str(tmp_path / "mine.py"))
    assert changed(recipe, "task.share=0.25").task.share == 0.25


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("data", "expected a recipe's data to be a Dataset, .* inherit from keras_ae.data.dataset.Dataset"),
        ("variant", "expected a recipe's variant to be a Variant, .* inherit from keras_ae.variants.Variant"),
        ("task", "expected a recipe's task to be a Task, received 7; inherit from keras_ae.tasks.Task"),
    ],
)
def test_a_recipe_of_something_else_is_refused(tiny_recipe, field, message):
    with pytest.raises(InputError, match=message):
        dataclasses.replace(tiny_recipe, **{field: 7})


def test_an_unknown_recipe_is_refused_with_those_that_are_near():
    with pytest.raises(InputError, match=r"called 'denoise' \(near it: denoising\); keras-ae list names"):
        load("denoise")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("x = 1\n", "expected .* to define `recipe = Recipe"),
        ("recipe = 1\n", "found int"),
        ("import nowhere\n", "cannot be loaded: ModuleNotFoundError: No module named 'nowhere'"),
        ("def (\n", "cannot be loaded: SyntaxError"),
        (
            "from keras_ae.blocks.dense import DenseBackbone\n"
            "from keras_ae.data.made_levels import MadeLevels\n"
            "from keras_ae.recipe import Recipe\n",
            "; write from keras_ae.backbones.dense import DenseBackbone; "
            "from keras_ae.data.levels.generated import GeneratedLevels$",
        ),
        (
            "from keras_ae.data.music import Chorales\n",
            "cannot import name 'Chorales'.*; write from keras_ae.data.music.published import Chorales$",
        ),
        (
            "from keras_ae.scores import Reconstruction\n",
            "; write from keras_ae.tasks.anomaly_scores import Reconstruction$",
        ),
        (
            "from keras_ae.variants.variational import Variational\nVariational(warmup=0.1)\n",
            "cannot be loaded: Variational has no field 'warmup'; it is now kl_warmup$",
        ),
        (
            "from keras_ae.variants.variational import Variational\nVariational(warm=0.1)\n",
            "has no field 'warm' .near it: kl_warmup.; help.Variational. lists all$",
        ),
        ("import keras_ae.catalogue\n", "; write import keras_ae.recipe_files$"),
        (
            "from keras_ae import samplers\nfrom keras_ae.callbacks import Pictures\n",
            "; write from keras_ae.blocks import samplers; "
            "from keras_ae.callbacks.images import ReconstructionImages$",
        ),
    ],
)
def test_a_broken_recipe_file_is_refused(tmp_path, content, message):
    (tmp_path / "broken.py").write_text(content)
    with pytest.raises(InputError, match=message):
        load(str(tmp_path / "broken.py"))


def test_a_recipe_says_of_itself_what_its_docstring_says_first(tmp_path):
    (tmp_path / "a.py").write_text('"""Do this.\n\nAnd more."""\nimport nowhere\n')
    (tmp_path / "b.py").write_text("x = 1\n")
    (tmp_path / "c.py").write_text("def (\n")
    assert recipe_files.summary(tmp_path / "a.py") == "Do this."
    assert recipe_files.summary(tmp_path / "b.py") == "(no description)"
    assert recipe_files.summary(tmp_path / "c.py").startswith("cannot be read")


def test_recipes_of_the_working_folder_come_first(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "recipes").mkdir()
    (tmp_path / "recipes" / "denoising.py").write_text('"""Mine."""\n')
    files = recipe_files.recipe_files()
    assert recipe_files.summary(files["denoising"]) == "Mine."
    assert "digits" in files


def test_a_recipe_that_hides_one_of_the_package_is_told_once_in_one_line(tmp_path, monkeypatch, caplog):
    monkeypatch.chdir(tmp_path)
    recipe_files._tell_hidden.cache_clear()
    (tmp_path / "recipes").mkdir()
    own = tmp_path / "recipes" / "denoising.py"
    own.write_bytes(recipe_files.recipe_file("denoising").read_bytes())
    recipe_files.recipe_files()
    assert recipe_files.recipe_file("denoising").resolve() == own
    assert not caplog.messages  # it is the same
    own.write_text("changed")
    (tmp_path / "recipes" / "digits.py").write_text("mine")
    for _ in range(2):
        recipe_files.recipe_file("denoising")
        recipe_files.recipe_file("stacked")
    assert caplog.messages == ["denoising of recipes/ here, instead of what comes with keras_ae"]
    recipe_files.recipe_files()
    assert caplog.messages[1:] == ["denoising, digits of recipes/ here, instead of what comes with keras_ae"]


def test_a_folder_without_recipes_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(recipe_files, "FOLDERS", (tmp_path / "a", tmp_path / "b"))
    with pytest.raises(InputError, match=r"expected recipes in .*a/ here or in .*b, found none; install"):
        recipe_files.recipe_files()
    with pytest.raises(InputError, match="there is no recipe called 'denoising'; keras-ae list"):
        recipe_files.recipe_file("denoising")


def test_a_former_field_is_refused_with_its_present_name(tiny_recipe):
    with pytest.raises(InputError, match="Recipe has no field 'least_steps'; it is now min_steps_per_epoch$"):
        override(tiny_recipe, ["least_steps=5"])
    variational = dataclasses.replace(tiny_recipe, variant=Variational())
    with pytest.raises(InputError, match="Variational has no field 'warmup'; it is now kl_warmup$"):
        override(variational, ["variant.warmup=0.1"])


def test_every_present_name_exists():
    for name in MOVED.values():
        module, _, own = f"keras_ae.{name}".rpartition(".")
        parent = importlib.import_module(module)
        assert own in vars(parent) or importlib.import_module(f"keras_ae.{name}")
    fields = {
        kind.__name__: {field.name for field in dataclasses.fields(kind)}
        for kind in (Recipe, *recipe_classes())
    }
    for old, new in RENAMED_FIELDS.items():
        assert new in fields[old.split(".")[0]], old


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"epochs": "five"}, "^epochs must be a whole number or None, received 'five'$"),
        ({"epochs": 1.5}, "^epochs must be a whole number or None, received 1.5$"),
        ({"epochs": True}, "^epochs must be a whole number or None, received True$"),
        ({"learning_rate": "fast"}, "^learning_rate must be a number, received 'fast'$"),
        ({"learning_rate": float("nan")}, "^learning_rate must be above 0, received nan$"),
        ({"optimizer": None}, "^optimizer must be text, received None$"),
        ({"callbacks": [int]}, r"^callbacks must be a tuple, received \[<class 'int'>\]$"),
        (
            {"callbacks": (7,)},
            "^callbacks must be functions that make callbacks, such as classes; received 7$",
        ),
        ({"variant": Variational}, r"received the class; write Variational\(\)$"),
        (
            {"variant": "variatonal"},
            r"^variant: there is no Variant called 'variatonal' \(near it: Variational, .*\); keras-ae",
        ),
        (
            {"variant": Variational(backbone="dens")},
            r"^variant.backbone: there is no Backbone called 'dens' \(near it: DenseBackbone\); ",
        ),
        ({"variant": Variational(backbone=DenseBackbone)}, r"write DenseBackbone\(...\)$"),
        ({"task": Masking(0.5)}, "expected a recipe's task to be a Task, received Masking"),
        (
            {"data": "nowhere"},
            "^there is no file, folder or data set called 'nowhere'; keras-ae datasets lists",
        ),
        ({"data": [["a"]]}, "^expected numbers in x; received dtype <U1; words are learned as columns"),
    ],
)
def test_a_field_of_another_type_is_refused_in_one_line(tiny_recipe, changes, message):
    with pytest.raises(InputError, match=message):
        dataclasses.replace(tiny_recipe, **changes)


def test_names_of_modules_stand_for_variants_tasks_and_backbones(tiny_recipe):
    recipe = dataclasses.replace(tiny_recipe, variant="variational", task="reconstruction")
    assert (recipe.variant, recipe.task) == (Variational(), Reconstruction())
    assert changed(tiny_recipe, "variant=variational(latent_dim=3)").variant == Variational(latent_dim=3)
    named = dataclasses.replace(tiny_recipe, variant=Variational(backbone="conv2d"))
    assert named.variant.backbone == ConvBackbone()


def test_values_of_python_change_fields(tiny_recipe):
    recipe = replaced(tiny_recipe, {"epochs": 5, "variant": "variational", "variant.backbone.units": [7]})
    assert recipe.epochs == 5
    assert recipe.variant == Variational(DenseBackbone((7,)))
    with pytest.raises(InputError, match="batch_size: batch_size must be a whole number, received None"):
        replaced(tiny_recipe, {"batch_size": None})
    with pytest.raises(InputError, match="variant.latent_dim: latent_dim must be a number of at least 1"):
        replaced(tiny_recipe, {"variant.latent_dim": None})
    with pytest.raises(InputError, match="it is now min_steps_per_epoch"):
        replaced(tiny_recipe, {"least_steps": 5})


def test_arguments_of_an_object_may_stand_apart():
    score = (
        "task.score=Together(first=Reconstruction, second=NearestCodes(neighbors=2, max_codes=9), weight=0.5)"
    )
    assert split_settings([f"epochs=3 {score} seed=1"]) == ["epochs=3", score, "seed=1"]
    assert split_settings(["data.label='x (y' seed=1"]) == ["data.label=x (y", "seed=1"]
    assert split_settings(["a=Conformal(alpha=0.1", "seed=1"]) == ["a=Conformal(alpha=0.1", "seed=1"]


@pytest.mark.parametrize("values", [(), ("speed",), ("speed", "height")])
def test_a_recipe_of_files_is_made_again_from_its_settings(values, tiny_recipe):
    for data in (SeriesFile("a.csv", values=values), SequenceFile("a.csv", values=values)):
        settings = settings_of(dataclasses.replace(tiny_recipe, data=data))
        assert recipe_from_settings(settings).data == data
