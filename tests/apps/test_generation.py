"""Generating and walking through codes, by small networks that were never trained."""

import dataclasses

import keras
import numpy as np
import pytest
from PIL import Image

from keras_ae.apps.generation import generate, walks
from keras_ae.apps.generation.generator import Generated, Generator
from keras_ae.apps.generation.inputs import InputExample, cut_windows, join_windows, read_example
from keras_ae.apps.generation.latent_space import LatentSpace, spherical_interpolation
from keras_ae.apps.generation.request import MAX_LENGTH, GenerationRequest
from keras_ae.apps.generation.selection import best_of, make_valid, replace_copies, validity_function
from keras_ae.apps.generation.stitching import stitch
from keras_ae.backbones.dense import DenseBackbone
from keras_ae.backbones.steps import StepsBackbone
from keras_ae.blocks.samplers import FittedMixture, StandardNormal, apply_temperature
from keras_ae.data.examples import Split
from keras_ae.data.scaling import Scaler
from keras_ae.data.splits import hashes
from keras_ae.data.types import Data
from keras_ae.errors import InputError
from keras_ae.formats import Format
from keras_ae.formats.images import Images
from keras_ae.formats.levels.tile_levels import TileLevels
from keras_ae.formats.numbers import Numbers
from keras_ae.heads import Spec
from keras_ae.metrics import nearest
from keras_ae.runs.artifacts import MODEL_FILE
from keras_ae.runs.data_facts import DATA_FILE, PREPROCESSOR_FILE
from keras_ae.variants.autoregressive import Autoregressive
from keras_ae.variants.conditional import Conditional
from keras_ae.variants.skip_connected import SkipConnected
from keras_ae.variants.undercomplete import Undercomplete
from keras_ae.variants.variational import Variational
from keras_ae.variants.vector_quantized import VectorQuantized

SHAPE = (6, 8, 1)


@dataclasses.dataclass(frozen=True)
class Stripes(Format):
    """A format whose valid examples begin with class 0, and which mends those that begin with 1."""

    suffixes = (".npy",)
    axis = 1
    judges = True
    repairs = True

    def validity(self, examples):
        return (examples[:, 0, 0] == 0).astype(float)

    def repair(self, example):
        example = example.copy()
        if example[0, 0] == 1:
            example[0, 0] = 0
        return example, bool(example[0, 0] == 0)

    def attributes(self, examples):
        return {"ones": (examples == 1).any(axis=(1, 2))}


@dataclasses.dataclass(frozen=True)
class Bars(Stripes):
    """The same, told in units of so many steps."""

    length_step: int = 2


def units(domain="unit"):
    return Scaler(domain, np.float32(0), np.float32(1))


def of_tiles(variant):
    """A generator of tiles of three classes in rows of four and columns of eight."""
    keras.utils.set_random_seed(0)
    shape = (4, 8, 3)
    heads = variant.build(Spec(shape, shape, "categorical"))
    return Generator(heads, units("categorical"), variant.sampler.fit(heads, {}), Stripes(), shape, 0)


@pytest.fixture(scope="module")
def digits():
    """Of images, by a variational autoencoder."""
    keras.utils.set_random_seed(0)
    heads = Variational(DenseBackbone((16,)), latent_dim=4).build(Spec(SHAPE, SHAPE, "unit"))
    return Generator(heads, units(), StandardNormal().fit(heads, {}), Images(), SHAPE, 0)


@pytest.fixture(scope="module")
def classes():
    """Of images of three classes, by a conditional one."""
    keras.utils.set_random_seed(0)
    heads = Conditional(DenseBackbone((16,)), latent_dim=4).build(Spec(SHAPE, SHAPE, "unit", condition=3))
    sampler = StandardNormal().fit(heads, {})
    return Generator(heads, units(), sampler, Images(), SHAPE, 3, ("ant", "bee", "cat"))


@pytest.fixture(scope="module")
def tiles():
    """Of tiles of three classes in rows of four and columns of eight, by a vector-quantized one."""
    return of_tiles(
        VectorQuantized(
            StepsBackbone((8,), axis=1), latent_dim=1, num_embeddings=6, embedding_dim=3, prior_context=2
        )
    )


def test_a_seed_gives_the_same_examples_and_another_gives_others(digits, tiles):
    for generator in (digits, tiles):
        first, again, other = (generator.generate(3, seed) for seed in (1, 1, 2))
        np.testing.assert_array_equal(first.noise, again.noise)
        np.testing.assert_allclose(first.examples, again.examples, rtol=1e-5)  # but for rounding
        assert (first.noise != other.noise).any()
        assert first.examples.shape == (3, *generator.element_shape)


def test_a_code_serves_every_class_before_the_next_one(classes):
    drawn = classes.generate(7, seed=0)
    np.testing.assert_array_equal(drawn.labels, [0, 1, 2, 0, 1, 2, 0])
    np.testing.assert_array_equal(drawn.noise[0], drawn.noise[2])
    assert (drawn.noise[2] != drawn.noise[3]).any()
    np.testing.assert_array_equal(classes.generate(2, 0, label=1).labels, [1, 1])
    assert (classes.label_index("bee"), classes.label_index("2")) == (1, 2)
    for wrong in ("dog", "3", "-1"):
        with pytest.raises(InputError, match="expected an existing class"):
            classes.label_index(wrong)


def test_a_class_that_nobody_has_is_not_sampled(classes):
    learned = dataclasses.replace(classes, learned_classes=np.array([0, 2]))
    assert learned.generate(5, seed=0).labels.tolist() == [0, 2, 0, 2, 0]
    assert "bee" not in learned.classes_text
    for text in ("bee", "1"):
        with pytest.raises(InputError, match=f"expected an existing class .*, received '{text}'"):
            learned.label_index(text)


def test_classes_named_by_numbers_are_taken_by_name_alone(classes):
    numbered = dataclasses.replace(classes, class_names=("1", "2", "10"))
    assert [numbered.label_index(name) for name in ("1", "2", "10")] == [0, 1, 2]
    with pytest.raises(InputError, match=r"expected an existing class \(1, 2, 10\), received '0'"):
        numbered.label_index("0")


def test_what_takes_no_class_and_what_draws_nothing_say_so(digits, classes):
    with pytest.raises(InputError, match="takes no class"):
        digits.label_index("1")
    with pytest.raises(InputError, match="a class beside each code"):
        classes.decode(np.zeros((1, 4), np.float32))
    with pytest.raises(InputError, match="cannot sample codes"):
        dataclasses.replace(digits, sampler=None).generate(1, 0)


def test_a_temperature_narrows_what_is_drawn(digits, tiles):
    noise = digits.noise(2000, 0)
    np.testing.assert_allclose(apply_temperature(digits.sampler, noise, 0.5), 0.5 * noise)
    assert apply_temperature(digits.sampler, noise, 1.0) is noise
    codes = {"code": np.random.default_rng(0).normal(size=(50, 4)).astype("float32")}
    mixture = FittedMixture(2).fit(digits.heads, codes)
    wide = np.ones((1, 5), np.float32)
    np.testing.assert_allclose(apply_temperature(mixture, wide, 0.5), [[0.5, 0.5, 0.5, 0.5, 1.0]])
    cold, usual = (tiles.sample_codes(tiles.noise(300, 0, heat))["code"][:, 0] for heat in (0.001, 1.0))
    assert len(np.unique(cold)) == 1
    assert len(np.unique(usual)) > 1
    for wrong in (0.0, -1.0, np.nan, np.inf):
        with pytest.raises(InputError, match="temperature above 0"):
            digits.noise(1, 0, wrong)


def test_gumbel_noise_at_a_temperature_is_what_it_says(tiles):
    noise = tiles.noise(500, 3)
    hot = apply_temperature(tiles.sampler, noise, 2.0)
    gumbel = [-np.log(-np.log(np.clip(_normal_cdf(part), 1e-12, 1 - 1e-12))) for part in (noise, hot)]
    usual = gumbel[1] > -3  # what is lower than that never wins
    np.testing.assert_allclose(gumbel[1][usual], 2.0 * gumbel[0][usual], rtol=0.02, atol=0.02)
    assert usual.mean() > 0.9


def _normal_cdf(values):
    from scipy.stats import norm

    return norm.cdf(values.astype(np.float64))


def test_a_path_over_the_sphere_keeps_its_length_and_ends_where_it_should(digits):
    first, last = np.array([3.0, 0, 0, 0]), np.array([0, 3.0, 0, 0])
    path = LatentSpace().path(first, last, 5)
    np.testing.assert_allclose(np.linalg.norm(path, axis=1), 3.0, rtol=1e-6)
    np.testing.assert_allclose(path[2], [3 / 2**0.5, 3 / 2**0.5, 0, 0], rtol=1e-6)
    np.testing.assert_array_equal(path[[0, -1]], [first, last])
    np.testing.assert_allclose(spherical_interpolation(first, -first, np.array([[0.5]])), [[0, 0, 0, 0]])
    with pytest.raises(InputError, match="at least 2 steps"):
        LatentSpace().path(first, last, 1)


def test_codes_of_whole_numbers_are_walked_through_by_their_vectors(tiles):
    space = LatentSpace(np.array([[0.0, 0], [1, 0], [2, 0], [10, 0]]))
    np.testing.assert_array_equal(space.codes(space.vectors(np.array([[3, 1]]))), [[3, 1]])
    np.testing.assert_array_equal(space.path(np.array([0]), np.array([2]), 3), [[0], [1], [2]])
    assert LatentSpace.of(tiles).codebook.shape == (6, 3)
    moved = space.shift(np.array([[0]]), np.array([[1.0, 0]]), 2.0)
    np.testing.assert_array_equal(moved, [[2]])


def test_a_concept_is_the_difference_of_means():
    codes, has = np.array([[1.0, 0], [3, 0], [0, 1], [0, 3]]), np.array([True, True, False, False])
    space = LatentSpace()
    np.testing.assert_allclose(space.attribute_vector(codes, has), [2, -2])
    np.testing.assert_allclose(space.shift(np.zeros((1, 2)), np.array([2.0, -2]), 1.5), [[3, -3]])
    with pytest.raises(InputError, match="examples with and without"):
        space.attribute_vector(codes, np.ones(4, bool))
    with pytest.raises(InputError, match="finite strength"):
        space.shift(codes, np.zeros(2), np.nan)


def test_a_traversal_changes_one_unit_alone(digits, tiles):
    one = InputExample("one", np.zeros(SHAPE, np.float32), code=np.zeros(4, np.float32))
    seen = np.random.default_rng(0).normal(size=(100, 4)).astype("float32")
    [row] = walks.traverse(digits, one, seen, 2, 5)
    assert row.examples.shape == (5, *SHAPE)
    assert row.change > 0
    walked = LatentSpace().traversal(one.code, 2, seen, 5)
    assert (walked[:, [0, 1, 3]] == 0).all()
    assert len(walks.traverse(digits, one, seen, None, 3)) == 4
    usual = LatentSpace(np.eye(6)).traversal(
        np.zeros(8, int), 1, np.tile([5, 4, 4, 3, 3, 3, 0, 0], (2, 1)), 3
    )
    assert usual[0, 1] == 4
    for unit, steps, message in ((4, 5, "dimension of the code from 0 to 3"), (0, 1, "at least 2 values")):
        with pytest.raises(InputError, match=message):
            walks.traverse(digits, one, seen, unit, steps)


def test_windows_are_stitched_where_they_agree():
    """Of a counting series, windows that begin anywhere are joined without a seam."""

    def windows(count, seed):
        starts = np.random.default_rng(seed).integers(0, 10, count)
        return ((starts[:, None] + np.arange(6)) % 10)[:, None, :].repeat(2, axis=1)

    joined = stitch(windows, 50, Stripes(), seed=0)
    assert joined.shape == (2, 50)
    assert (np.diff(joined[0]) % 10 == 1).all()
    after = stitch(windows, 20, Stripes(), seed=0, opening=np.array([[4, 5, 6], [4, 5, 6]]))
    np.testing.assert_array_equal(after[0, :6], [4, 5, 6, 7, 8, 9])
    with pytest.raises(InputError, match="nothing to overlap by"):
        stitch(windows, 50, Bars(6), seed=0)
    barred = stitch(windows, 48, Bars(2), seed=0, opening=np.array([[4, 5, 6], [4, 5, 6]]))
    np.testing.assert_array_equal(barred[0, :4], [4, 5, 6, 7])
    with pytest.raises(InputError, match="at least one window's, 6 steps, received 5"):
        stitch(windows, 5, Stripes(), seed=0)
    with pytest.raises(InputError, match="above the opening's, 30 steps, received 20"):
        stitch(windows, 20, Stripes(), seed=0, opening=np.zeros((2, 30), int))


def test_invalid_examples_are_repaired_or_resampled(tiles):
    examples = np.full((3, 4, 8), 2)
    examples[0, 0, 0], examples[1, 0, 0] = 0, 1

    def draw(count, seed):
        return Generated(np.zeros((count, 4, 8), int), np.ones((count, 1)), None)

    done = make_valid(tiles, draw, Generated(examples, np.zeros((3, 1)), None), 0)
    np.testing.assert_array_equal(done.valid_as_decoded, [True, False, False])
    assert done.valid.all()
    assert (done.examples[1] == 2).sum() == 31  # mended where it was wrong
    assert (done.examples[2] == 0).all()  # resampled
    np.testing.assert_array_equal(done.noise[:, 0], [0, 0, 1])


def test_the_best_of_several_draws_is_the_most_valid(tiles):
    def draw(count, seed):
        first = 0 if seed else 2
        return Generated(np.full((count, 4, 8), first), np.full((count, 1), seed), None)

    best = best_of(tiles, draw, 2, 0, 3)
    assert (best.examples == 0).all()
    assert (best.noise == 1_000_003).all()


def test_what_was_learned_is_not_handed_out(tiles):
    learned = np.zeros((1, 4, 8), np.uint8)
    knowing = dataclasses.replace(tiles, training_hashes=hashes(learned))
    np.testing.assert_array_equal(knowing.is_copy(np.stack([learned[0], learned[0] + 1])), [True, False])
    assert not tiles.is_copy(learned).any()

    def draw(count, seed):
        return Generated(np.full((count, 4, 8), seed > 9), np.full((count, 1), seed), None)

    done = replace_copies(knowing, draw, Generated(np.zeros((2, 4, 8), int), np.zeros((2, 1)), None), 1)
    assert (done.examples == 1).all()
    assert (done.noise == 3_000_018).all()


def test_examples_that_are_all_the_same_are_remarked_on(digits):
    same = Generated(np.zeros((3, 4, 8), int), np.zeros((3, 2)), None)
    assert generate.report_lines(digits, same, 1.0)[1].startswith("all examples are the same: train longer")
    others = dataclasses.replace(same, examples=np.arange(96).reshape(3, 4, 8))
    assert generate.report_lines(digits, others, 1.0) == ["generated in 1.0 s"]


def told(refused, *arguments):
    """The one line in which something is refused."""
    with pytest.raises(InputError) as caught:
        refused(*arguments)
    [line] = str(caught.value).splitlines()
    return line


def with_format(generator, format):
    return dataclasses.replace(generator, format=format)


def test_nothing_is_chosen_by_its_validity_where_nothing_tells_it(digits, tiles):
    levels = with_format(tiles, TileLevels("abc"))
    for generator, message in (
        (digits, "nothing tells valid images from others"), (levels, 'SET="data.game=platformer"'),
    ):  # fmt: skip
        whole, drawn = generator.format.unjudged_reason, generator.generate(2, 0)
        assert message in whole
        assert told(validity_function, generator) == whole
        assert told(best_of, generator, generator.generate, 2, 0, 2) == whole
        assert told(make_valid, generator, generator.generate, drawn, 0) == whole
        assert generate.generate(generator, generate.Plan(2, 0)).valid is None


def test_what_a_game_or_a_medium_judges_is_judged(tiles):
    examples = np.random.default_rng(0).integers(0, 3, (4, 4, 8))
    for format in (Stripes(), TileLevels("abc", "rooms")):
        generator = with_format(tiles, format)
        assert generator.format.judges
        assert generator.format.unjudged_reason == ""
        np.testing.assert_array_equal(validity_function(generator)(examples), format.validity(examples))
    one = generate.generate(tiles, generate.Plan(5, 0))
    np.testing.assert_array_equal(one.valid, Stripes().validity(one.examples) == 1)


def test_what_draws_is_opened_from_its_folder_and_the_rest_says_why_not(digits, tmp_path):
    def kept(name, heads, shape, **facts):
        """The folder of a finished run with no more in it than is read."""
        folder = tmp_path / name
        folder.mkdir()
        heads.end_to_end.save(folder / MODEL_FILE)
        facts = {"domain": "unit", "offset": np.float32(0), "scale": np.float32(1)} | facts
        np.savez(folder / DATA_FILE, inputs=np.zeros((1, *shape), np.float32), **facts)
        return folder

    opened = Generator.of(kept("digits", digits.heads, SHAPE))
    assert (opened.shape, opened.classes, opened.format) == (SHAPE, 0, Images())
    small = Undercomplete(DenseBackbone(()), 2)
    skips = SkipConnected((4,), blocks=0).build(Spec((8, 8, 1), (8, 8, 1), "unit"))
    assert "a decoder that needs more than a code" in told(Generator.of, kept("skips", skips, (8, 8, 1)))
    larger = kept("larger", small.build(Spec((3, 3, 1), (6, 6, 1), "unit")), (3, 3, 1))
    assert f"{larger} turns examples of shape (3, 3, 1) into (6, 6, 1)" in told(Generator.of, larger)
    named = {name: keras.Input((1,), name=name) for name in "ab"}
    preprocessor = keras.Model(named, {"inputs": keras.layers.Concatenate()([*named.values()])})
    heads, facts = small.build(Spec((2,), (2,), "real")), {"columns": np.array(["a", "b"]), "groups": [0, 1]}
    facts |= {"column_a": np.zeros(1), "column_b": np.zeros(1)}
    table = kept("table", heads, (2,), domain="real", **facts)
    assert Generator.of(table).shape == (2,)  # without an preprocessor they are vectors
    preprocessor.save(table / PREPROCESSOR_FILE)
    assert f"{table} turns examples of shape (2,) into (2,), or rows of a table" in told(Generator.of, table)
    assert "holds no trained model yet" in told(Generator.of, tmp_path)


def requested(**changed):
    """A request of the command line."""
    plain = {"count": 2, "seed": 3, "temperature": 0.5, "best_of": 4, "valid": True}
    return GenerationRequest(**(plain | changed))


def test_a_plan_is_a_request_in_the_terms_of_a_generator(tiles, classes, tmp_path):
    plan = generate.Plan.of(requested(label="bee"), classes)
    assert dataclasses.astuple(plan) == (2, 3, 0.5, 1, None, None, 4, True)
    assert generate.Plan.of(requested(length=9), tiles).length == 9
    assert generate.Plan.of(requested(length=9), with_format(tiles, Bars(4))).length == 36  # counted in bars
    (tmp_path / "opening.txt").write_text("abc\n" * 4)
    levels = with_format(tiles, TileLevels("abc", "platformer"))
    request = requested(length=9, opening=str(tmp_path / "opening.txt"))
    np.testing.assert_array_equal(generate.Plan.of(request, levels).opening, [[0, 1, 2]] * 4)
    (tmp_path / "opening.txt").write_text("abc\n")
    assert "expected 4 rows" in told(generate.Plan.of, request, levels)


def test_what_is_whole_has_no_length(digits, tiles):
    for generator, name in (
        (digits, "Images"), (with_format(tiles, TileLevels("abc", "rooms")), "TileLevels"),
    ):  # fmt: skip
        line = told(generate.Plan.of, requested(length=9), generator)
        assert line.startswith(f"{name} of this run are whole, not windows of something longer")
    for length in (0, -1, MAX_LENGTH + 1):
        assert told(lambda length=length: requested(length=length)).endswith(f"received --length {length}")


def test_what_was_made_is_made_again_from_its_origins(classes, digits):
    for generator in (classes, digits):
        done = generate.generate(generator, generate.Plan(4, 1))
        [(name, kept)] = generate.origins(done).items()
        assert name == generate.ORIGINS_FILE
        assert ("condition" in kept) == bool(generator.classes)
        labels = kept.get("condition")
        assert labels is None or (labels.dtype, labels.tolist()) == (np.int64, [0, 1, 2, 0])
        again = generator.decode(generator.sample_codes(kept["noise"]), labels)
        np.testing.assert_allclose(again, done.examples, atol=1e-6)


def test_what_was_joined_has_no_origins(tiles):
    done = generate.generate(tiles, generate.Plan(2, 0, length=12))
    assert done.examples.shape == (2, 4, 12)
    assert generate.origins(done) == {}


def test_an_example_is_named_by_file_place_or_seed(digits, tmp_path):
    split = Split(np.random.default_rng(0).integers(0, 256, (5, *SHAPE), dtype=np.uint8), np.arange(5))
    data = Data("some", split, split, split, "unit")
    found = read_example("test:3", digits, lambda: data)
    np.testing.assert_allclose(found.example, split.examples[3] / 255, rtol=1e-6)
    assert found.label == 3
    seeded = read_example("seed:7", digits, lambda: data)
    np.testing.assert_allclose(
        seeded.example, digits.generate(1, 7).examples[0], rtol=1e-5
    )  # within rounding
    np.testing.assert_allclose(walks.code_of(digits, seeded)["code"], digits.noise(1, 7)[0], rtol=1e-6)
    Image.fromarray(split.examples[0, :, :, 0]).save(tmp_path / "one.png")
    read = read_example(str(tmp_path / "one.png"), digits, lambda: data)
    np.testing.assert_allclose(read.example, split.examples[0] / 255, rtol=1e-6)
    (tmp_path / "one.mid").touch()
    for text, message in (
        ("test:5", "N below 5"),
        ("nowhere.png", "there is no file nowhere.png; name one"),
        (str(tmp_path / "one.mid"), "a file of"),
        ("", "or a seed such as seed:3; received nothing"),
        ("holiday", "expected a file, .* received holiday; give one"),
    ):
        with pytest.raises(InputError, match=message):
            read_example(text, digits, lambda: data)


def test_an_example_without_its_class_is_asked_for_it(classes):
    one = InputExample("one", np.zeros(SHAPE, np.float32))
    with pytest.raises(InputError, match="one has no class .*ant, bee, cat"):
        walks.code_of(classes, one)


def test_a_code_is_decoded_as_the_class_that_is_wanted(classes):
    first, last = (
        InputExample(name, np.zeros(SHAPE, np.float32), label=number) for number, name in enumerate("ab")
    )
    with pytest.raises(InputError, match="two examples of the same class, a is of class 0 and b of 1"):
        walks.interpolate(classes, first, last, 3)
    first, last = (dataclasses.replace(one, decode_as=2) for one in (first, last))
    steps = walks.interpolate(classes, first, last, 3)
    expected = classes.decode(classes.encode(first.example[None], np.array([0])), np.array([2]))
    np.testing.assert_allclose(steps["step_00"], expected[0], atol=1e-6)
    back, _, _ = walks.reconstruct(classes, first)
    np.testing.assert_allclose(back, expected[0], atol=1e-6)


def test_longer_examples_are_cut_into_windows_and_come_back_whole():
    example = np.arange(40).reshape(2, 20)
    windows, starts = cut_windows(example, (2, 8), 1)
    np.testing.assert_array_equal(starts, [0, 8, 12])
    np.testing.assert_array_equal(join_windows(windows, starts, 1), example)
    for wrong, axis in ((np.zeros((3, 20)), 1), (np.zeros((2, 7)), 1), (example, None)):
        with pytest.raises(InputError, match=r"expected an example of shape \(2, 8\)"):
            cut_windows(wrong, (2, 8), axis)


def test_attributes_are_the_mediums_own_or_labels():
    examples, labels = np.zeros((3, 2, 2), int), np.array([0, 1, 1])
    split = Split(np.zeros((3, 2, 2, 2), bool), labels)
    data = Data("some", split, split, split, "categorical", ("low", "high"))
    examples[1, 0, 0] = 1
    np.testing.assert_array_equal(
        walks.has_attribute("ones", examples, labels, data, Stripes()), [False, True, False]
    )
    np.testing.assert_array_equal(
        walks.has_attribute("high", examples, labels, data, Stripes()), [False, True, True]
    )
    with pytest.raises(InputError, match="expected one of ones, low, high; received 'sky'"):
        walks.has_attribute("sky", examples, labels, data, Stripes())
    bare = Data("bare", *[Split(split.examples)] * 3, "categorical")
    with pytest.raises(InputError, match="bare has no labels"):
        walks.has_attribute("sky", examples, None, bare, Numbers())


def test_an_attribute_and_a_walk_give_examples_by_name(tiles):
    one = InputExample("one", np.zeros((4, 8), int))
    codes = tiles.encode(np.random.default_rng(0).integers(0, 3, (10, 4, 8)))
    found = walks.add_attribute(tiles, [one], codes, np.arange(10) < 5, 1.0)
    assert [*found] == ["one_before", "one_after"]
    steps = walks.interpolate(tiles, one, InputExample("two", np.ones((4, 8), int)), 4)
    np.testing.assert_array_equal(steps["step_00"], found["one_before"])
    back, codes, told = walks.reconstruct(tiles, InputExample("long", np.zeros((4, 20), int)))
    assert back.shape == (4, 20)
    assert len(codes) == 3
    assert "of 80 positions unchanged" in told
    for wrong in (np.full((1, 4, 8), 3), np.zeros((1, 4, 8))):
        with pytest.raises(InputError, match="whole numbers of classes from 0 to 2"):
            tiles.encode(wrong)


def test_what_is_near_is_found_and_a_copy_is_told(tiles, random):
    learned = random.integers(0, 3, (20, 4, 8))
    one = InputExample("one", learned[7])
    [row] = walks.nearest_neighbors(tiles, one, learned, 3)
    assert row.indices[0] == 7
    assert row.line().endswith("(a copy)")
    assert [*row.by_name()] == ["one", "one_near_1", "one_near_2", "one_near_3"]


def test_a_copy_among_real_values_is_at_no_distance(random):
    for offset, scale in ((0.0, 1.0), (1000.0, 3.7)):
        learned = (offset + scale * random.normal(size=(300, 40))).astype(np.float32)
        np.testing.assert_array_equal(nearest.novelty(learned, learned), 0)
        places, gaps = nearest.nearest(learned[:50], learned, 2)
        np.testing.assert_array_equal(places[:, 0], np.arange(50))
        exact = np.sqrt(np.square(learned[0] - learned[1:].astype(np.float64)).mean(axis=1)).min()
        assert gaps[0, 1] == pytest.approx(exact, rel=1e-5)


def test_distances_are_shares_of_whole_numbers_and_roots_of_squares():
    first, second = np.array([[1, 2, 3, 4]]), np.array([[1, 2, 0, 0], [1, 2, 3, 4]])
    np.testing.assert_allclose(nearest.distances(first, second), [[0.5, 0.0]])
    np.testing.assert_allclose(
        nearest.distances(first.astype(float), np.zeros((1, 4))), [[7.5**0.5]], rtol=1e-6
    )
    np.testing.assert_allclose(nearest.novelty(first, second), [0.0])
    assert nearest.diversity(np.array([[0.0], [1.0]])) == 1.0


def test_samples_that_are_the_real_ones_cover_them_and_those_far_away_do_not(random):
    real = random.normal(size=(200, 2))
    density, coverage = nearest.density_and_coverage(real, real)
    assert density == pytest.approx(1.2, abs=0.1)  # five neighbors and itself, of five
    assert coverage == 1.0
    assert nearest.density_and_coverage(real + 100, real) == (0.0, 0.0)
    assert nearest.density_and_coverage(real[:20], real)[1] < 0.7
    with pytest.raises(ValueError, match="at least 7 real examples"):
        nearest.density_and_coverage(real, real[:6])


@pytest.fixture(scope="module")
def steps():
    """Of the same tiles, by a decoder that goes step by step."""
    variant = Autoregressive(StepsBackbone((8,), axis=1), latent_dim=3, context=2, units=8, features=5)
    generator = of_tiles(variant)
    random = np.random.default_rng(3)
    for weight in generator.heads.decoder.trainable_weights:
        weight.assign(weight + random.normal(0, 0.5, weight.shape))
    return generator


def test_a_walk_between_seeds_begins_and_ends_with_what_they_generate(steps):
    first, last = (read_example(text, steps, None) for text in ("seed:1", "seed:2"))
    assert first.choices.shape == (8, 4)
    np.testing.assert_array_equal(first.example, steps.generate(1, 1).examples[0])
    walked = list(walks.interpolate(steps, first, last, 5).values())
    np.testing.assert_array_equal(walked[0], first.example)
    np.testing.assert_array_equal(walked[-1], last.example)
    assert (walked[2] != walked[0]).any()
    assert (walked[0] != steps.decode(first.code[None])[0]).any()  # of which the likeliest are others


def test_a_walk_from_an_example_begins_with_just_that(steps):
    example = InputExample("one", np.random.default_rng(5).integers(0, 3, (4, 8)))
    walked = list(walks.interpolate(steps, example, read_example("seed:2", steps, None), 3).values())
    np.testing.assert_array_equal(walked[0], example.example)
    np.testing.assert_array_equal(walked[-1], steps.generate(1, 2).examples[0])
    code = steps.encode(example.example[None])
    assert (steps.decode(code)[0] != example.example).any()  # which the code alone does not tell


def test_a_changed_code_keeps_the_choices_of_its_seed(steps):
    one = read_example("seed:4", steps, None)
    codes = steps.sample_codes(steps.noise(20, 0))["code"]
    [row] = walks.traverse(steps, one, codes, 1, 3)
    middle = steps.decode({"code": one.code[None], "choices": one.choices[None]})
    np.testing.assert_array_equal(middle[0], one.example)
    varied = LatentSpace().traversal(one.code, 1, codes, 3)
    chosen = np.repeat(one.choices[None], 3, axis=0)
    np.testing.assert_array_equal(row.examples, steps.decode({"code": varied, "choices": chosen}))
    has = np.arange(20) % 2 == 0
    found = walks.add_attribute(steps, [one], codes, has, 0.0)
    np.testing.assert_array_equal(found["seed_4_before"], one.example)
    np.testing.assert_array_equal(found["seed_4_after"], one.example)


@dataclasses.dataclass(frozen=True)
class Phrases(Format):
    """A format told in phrases of two columns, which can be judged and not mended."""

    suffixes = (".npy",)
    axis = 1
    length_step = 2
    length_name = "phrases"
    judges = True

    def validity(self, examples):
        return (examples < 2).reshape(len(examples), examples.shape[1], -1, 2).all((1, 3)).mean(axis=1)

    def read(self, path, shape):
        return np.load(path)


def test_an_opening_that_nothing_valid_can_begin_with_is_refused(tiles, tmp_path):
    phrases = dataclasses.replace(tiles, format=Phrases())
    opening = np.zeros((4, 8), np.int64)
    opening[1, 3] = 2
    np.save(tmp_path / "bad.npy", opening)
    np.save(tmp_path / "good.npy", np.zeros((4, 8), np.int64))
    bad = GenerationRequest(1, length=9, opening=str(tmp_path / "bad.npy"), valid=True)
    with pytest.raises(InputError, match=r"bad.npy is not valid itself \(75% of its phrases are\)"):
        generate.Plan.of(bad, phrases)
    assert generate.Plan.of(dataclasses.replace(bad, valid=False), phrases).opening.shape == (4, 8)
    good = dataclasses.replace(bad, opening=str(tmp_path / "good.npy"))
    assert generate.Plan.of(good, phrases).length == 18


def test_an_opening_is_a_whole_unit_and_shorter_than_what_is_asked_for():
    def windows(count, seed):
        return np.zeros((count, 4, 8), np.int64)

    with pytest.raises(InputError, match="an opening of one or more whole phrases, received less"):
        stitch(windows, 20, Phrases(), 0, np.zeros((4, 1), np.int64))
    with pytest.raises(InputError, match="a length above the opening's, 10 phrases, received 10"):
        stitch(windows, 20, Phrases(), 0, np.zeros((4, 20), np.int64))
