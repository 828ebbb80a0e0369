"""Texts as data: what is read, left out, split and told."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from keras_ae.data.find import find_dataset
from keras_ae.data.scaling import in_original_units
from keras_ae.data.streams.open_stream import open_stream
from keras_ae.data.streams.rows import InputSpec
from keras_ae.data.text.documentation import PythonDocs, _library_docstrings
from keras_ae.data.text.files import TextFiles
from keras_ae.data.text.published import TinyShakespeare, manifest
from keras_ae.errors import InputError


def texts_of(data, split):
    return data.format.decoded(in_original_units(data.splits[split], data.scaler))


@pytest.fixture
def lines(tmp_path):
    path = tmp_path / "plays.txt"
    rows = [f"line {number} of the play" for number in range(60)]
    path.write_text("\n\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_a_file_is_split_in_order(lines):
    data = TextFiles(path=str(lines)).load()
    assert [len(data.splits[part]) for part in ("train", "validation", "test")] == [52, 2, 6]
    assert texts_of(data, "test")[-1] == "line 59 of the play"
    assert texts_of(data, "validation") == ["line 19 of the play", "line 39 of the play"]
    assert "59 blank lines left out" in data.notes[0]
    assert data.train.shape == (81, len(data.format.tokens) + 2)


def test_a_path_is_read_as_text_for_a_recipe_of_text(lines, tmp_path):
    found = find_dataset(str(lines), PythonDocs())
    assert isinstance(found, TextFiles)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "LICENSE.txt").write_text("mine")
    assert TextFiles.accepts(str(tmp_path / "folder")) is None
    (tmp_path / "folder" / "b.txt").write_text(lines.read_text())
    (tmp_path / "folder" / "a.md").write_text("the first line\n")
    (tmp_path / "folder" / "c.bin").write_bytes(b"\0")
    data = find_dataset(str(tmp_path / "folder"), PythonDocs()).load()
    assert texts_of(data, "train")[0] == "the first line"
    assert any("passed over 2 files without texts" in note for note in data.notes)


def test_longer_examples_are_left_out_cut_or_refused(lines):
    lines.write_text(lines.read_text() + "x" * 100 + "\n")
    left_out = TextFiles(path=str(lines), split_by="content").load()
    assert any("1 line of more than 80 characters left out" in note for note in left_out.notes)
    cut = TextFiles(path=str(lines), longer="cut").load()
    assert len(texts_of(cut, "test")[-1]) == 80
    with pytest.raises(InputError, match=r"1 longer one, up to 100; raise.*data.max_length=100"):
        TextFiles(path=str(lines), longer="refuse").load()
    assert TextFiles(path=str(lines), longer="refuse", max_length=100).load().train.shape[0] == 101


def test_a_limit_that_leaves_nothing_is_refused(lines):
    with pytest.raises(InputError, match="at most 5 characters.*received 0 of 60, none for train"):
        TextFiles(path=str(lines), max_length=5).load()


def test_unknown_characters_and_duplicates_of_held_out_examples_are_told(lines):
    lines.write_text(lines.read_text() + "line 0 of the play\nof the play?\n")
    data = TextFiles(path=str(lines)).load()
    assert "unknown in the test split: 1 character" in data.notes
    assert any(
        "also among the training examples: 1 of 6 test examples; count equal" in note for note in data.notes
    )
    once = TextFiles(path=str(lines), distinct=True).load()
    assert not any("among the training" in note for note in once.notes)


@pytest.mark.parametrize(
    ("content", "said"), [("\n \n\t\n", "is blank"), ("one\ntwo\n", "at least 3 different")]
)
def test_too_little_text_is_refused(tmp_path, content, said):
    path = tmp_path / "one.txt"
    path.write_text(content)
    with pytest.raises(InputError, match=said):
        TextFiles(path=str(path)).load()


def test_paragraphs_and_windows(tmp_path):
    path = tmp_path / "one.txt"
    path.write_text("".join(f"first {n}\nsecond {n}\n\n" for n in range(30)))
    paragraphs = TextFiles(path=str(path), example="paragraph").load()
    assert texts_of(paragraphs, "train")[0] == "first 0\nsecond 0"
    windows = TextFiles(path=str(path), example="window", max_length=20).load()
    assert {len(text) for text in texts_of(windows, "train")} == {20}
    assert windows.train.shape[0] == 21


def test_pieces_of_words_make_shorter_examples(lines):
    characters, pieces = (TextFiles(path=str(lines), pieces=n).load() for n in (0, 20))
    sizes = [data.format.steps(in_original_units(data.train, data.scaler)) for data in (characters, pieces)]
    assert sizes[1] < sizes[0] / 2
    assert texts_of(pieces, "test") == texts_of(characters, "test")


@pytest.fixture
def library(tmp_path, monkeypatch):
    """A small standard library; the real one takes seconds to read."""
    (tmp_path / "lib" / "package" / "tests").mkdir(parents=True)
    (tmp_path / "lib" / "site-packages").mkdir()
    (tmp_path / "lib" / "module.py").write_text(
        'r"""What a module is for."""\nimport nothing_there\n\nclass Name:\n    """A class in it.\n\n'
        '    >>> of(code)\n    """\n    def of(self):\n        """A method in that."""\n'
    )
    (tmp_path / "lib" / "package" / "__init__.py").write_text('async def f():\n    """Waits for it."""\n')
    (tmp_path / "lib" / "template.py").write_text("%(not code)s")
    for folder in ("site-packages", "package/tests"):
        (tmp_path / "lib" / folder / "a.py").write_text('"""Not of the library."""\n')
    monkeypatch.setattr("sysconfig.get_path", lambda name: str(tmp_path / "lib"))


def test_docstrings_of_the_standard_library_are_read_but_nothing_is_imported(library):
    read = [text.splitlines()[0] for text in _library_docstrings() if text]
    assert read == ["What a module is for.", "A class in it.", "A method in that.", "Waits for it."]
    assert not any("code)" in text for text in PythonDocs().texts()[1])


def test_the_real_library_has_docstrings():
    assert len("".join(islice(_library_docstrings(), 100)).split()) > 300


def test_the_documentation_of_python_needs_no_download_and_repeats_no_line(library):
    data = PythonDocs(max_length=80).load()
    splits = {part: set(texts_of(data, part)) for part in data.splits}
    assert not splits["train"] & (splits["validation"] | splits["test"])
    assert sum(map(len, splits.values())) > 4000
    assert any("docstrings of Python 3" in note for note in data.notes)
    rows = data.train.examples
    assert (rows.sum(axis=-1) <= 1).all()
    ends = rows[..., 0]
    np.testing.assert_array_equal(ends.sum(axis=1), 1)
    after = np.cumsum(ends, axis=1) - ends > 0
    assert not rows.any(axis=-1)[after].any()


def test_the_published_plays_state_their_hash_and_have_a_sample():
    assert set(manifest()) == {f"tinyshakespeare/{TinyShakespeare.file}"}
    assert TinyShakespeare().sample().train.shape[0] == 64


def test_other_texts_are_read_by_the_vocabulary_of_a_model(lines, tmp_path):
    data = TextFiles(path=str(lines), max_length=30).load()
    other = tmp_path / "other.txt"
    other.write_text("".join(f"x{number} of\n" for number in range(40)))
    read = TextFiles(path=str(other)).load_like(data.scaler)
    assert read.train.shape == data.train.shape
    assert read.format.tokens == data.format.tokens
    assert texts_of(read, "train")[0] == "\N{REPLACEMENT CHARACTER}0 of"


def test_all_lines_of_a_file_are_encoded(lines, library):
    data = TextFiles(path=str(lines), max_length=30).load()
    spec = InputSpec((31,), data.domain, data.train.shape[-1], format=data.format)
    stream = open_stream(str(lines), spec)
    rows = np.concatenate([batch.examples for batch in stream.batches(7)])
    assert len(rows) == stream.count == 60
    assert data.format.decoded(rows)[5] == "line 5 of the play"
    test = open_stream("python_docs", replace(spec, shape=(31,)), "test")
    (batch,) = list(test.batches(5, 0, 5))
    assert batch.examples.min() == -1
    with pytest.raises(InputError, match="has no splits"):
        open_stream(str(lines), spec, "test")
