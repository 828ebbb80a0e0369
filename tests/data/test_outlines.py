"""A first look at data: their outlines, and the kinds that a path can stand for."""

import numpy as np

from keras_ae import data
from keras_ae.data.dataset import Dataset
from keras_ae.data.find import dataset_kinds, nothing_below
from keras_ae.data.tables.tables import TableFile
from keras_ae.files import classes_below


def test_an_outline_is_what_is_loaded_but_for_the_values(tmp_path):
    random = np.random.default_rng(0)
    lines = [
        f"{random.normal():.3f},{random.integers(5)},{'red' if row % 3 else ''},{'ok' if row % 9 else 'bad'}"
        for row in range(120)
    ]
    file = tmp_path / "rows.csv"
    file.write_text("\n".join(["a,b,color,status", *lines]), encoding="utf-8")
    dataset = TableFile(str(file), label="status")
    outline, loaded = dataset.outline(), dataset.load()
    assert (outline.notes, outline.overview, outline.rule) == (loaded.notes, loaded.overview, loaded.rule)
    assert outline.learned == loaded.learned == loaded.preprocessor.columns == ("a", "b", "color")
    for name, split in loaded.splits.items():
        assert outline.splits[name].examples.shape == split.examples.shape
        np.testing.assert_array_equal(outline.splits[name].labels, split.labels)


def test_kinds_of_data_are_found_without_importing_all_modules():
    assert set(dataset_kinds()) == {
        kind for kind in classes_below(data, Dataset) if kind.name or kind.priority
    }


def test_a_column_that_may_say_which_rows_are_normal_is_named(tmp_path):
    states = ["ok" if row % 9 else "broken" for row in range(40)]
    for name, words, told in (("status", states, True), ("color", ["red", "no"] * 20, False)):
        file = tmp_path / f"{name}.csv"
        lines = [f"{row * 7 % 11}.5,{word}" for row, word in enumerate(words)]
        file.write_text("\n".join([f"a,{name}", *lines]), encoding="utf-8")
        outline = TableFile(str(file)).outline()
        assert any('if status does: SET="data.label=status"' in note for note in outline.notes) == told
    labeled = TableFile(str(tmp_path / "status.csv"), label="status").outline()
    assert any("status says which rows are normal: ok" in note for note in labeled.notes)


def test_a_folder_without_examples_is_told_what_folders_may_hold(tmp_path):
    (tmp_path / "level.txt").write_text("XX--\n", encoding="utf-8")
    message = str(nothing_below(str(tmp_path)))
    assert "of images; or of sounds, .wav, .flac" in message
    assert "or of levels, .txt or .lvl" in message
    assert "or of MIDI files" in message
    assert "found 1 of other kinds, such as level.txt," in message
    (tmp_path / "image.png").write_bytes(b"")
    assert nothing_below(str(tmp_path)) is None
