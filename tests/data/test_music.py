"""Chorales and folders of MIDI files as data: windows, transpositions and splits."""

import hashlib
import json
from importlib import metadata

import mido
import numpy as np
import pytest

from keras_ae.data import download
from keras_ae.data.find import find_dataset
from keras_ae.data.music import folder as midi_folder
from keras_ae.data.music import pieces, published
from keras_ae.data.music.cache import load_pieces, save_pieces
from keras_ae.data.music.folder import MidiFolder
from keras_ae.data.music.pieces import Cut, data_of, split_by_melody
from keras_ae.data.music.published import Chorales, JsbChorales
from keras_ae.errors import InputError
from keras_ae.formats.music import corpus, midi, rules
from keras_ae.formats.music.grid import Piece, Vocabulary
from keras_ae.formats.music.harmonies import harmonize


def three(bars=6):
    made = harmonize(3, bars)
    return {"train": made[:1], "validation": made[1:2], "test": made[2:]}


def test_windows_are_one_hot_and_only_those_that_train_are_transposed():
    plain = data_of("a", three(), Cut(4, 1, 0))
    moved = data_of("a", three(), Cut(4, 1, 2, sung=True))
    assert plain.train.shape == (64, 4, 51)
    assert len(plain.train) == 3
    assert plain.train.examples.dtype == bool
    assert (moved.train.examples.sum(-1) == 1).all()
    assert plain.domain == moved.domain == "categorical"
    np.testing.assert_array_equal(moved.train.examples[:3], plain.train.examples)
    np.testing.assert_array_equal(moved.test.examples, plain.test.examples)
    np.testing.assert_array_equal(moved.validation.examples, plain.validation.examples)


def test_windows_are_transposed_as_far_as_the_voices_sing():
    """The tenor of the first piece is above its range here and there: up it would be so more often."""
    words = Vocabulary()
    examples = data_of("a", three(), Cut(4, 1, 2, sung=True)).train.examples.argmax(-1)
    sounding, onsets = words.decode(examples)
    assert set((sounding[:, 0, 0] - sounding[0, 0, 0]).tolist()) >= {-2, -1, 0}
    unsung = rules.range_violations(sounding, onsets).sum(axis=-1)
    assert unsung[:3].max() > 0
    assert unsung[3:].max() <= unsung[:3].max()
    assert 9 <= len(examples) < 15
    assert len(data_of("a", three(), Cut(4, 1, 2)).train) == 15


def test_windows_follow_each_other_by_the_stride():
    assert len(data_of("a", three(8), Cut(4, 2, 0)).train) == 3
    assert len(data_of("a", three(8), Cut(2, 1, 0)).train) == 7


def test_where_memory_is_short_some_transpositions_are_taken(monkeypatch):
    monkeypatch.setattr(pieces, "MAX_BYTES", 11 * 64 * 4 * 51)
    assert len(data_of("a", three(), Cut(4, 1, 3)).train) == 5
    monkeypatch.setattr(pieces, "MAX_BYTES", 8 * 64 * 4 * 51)
    with pytest.raises(InputError, match="GiB one-hot, at most"):
        data_of("a", three(), Cut(4, 1, 3))


def test_pieces_shorter_than_a_window_are_refused():
    with pytest.raises(InputError, match=r"7 bars or more.*none for train \(the longest of all has 6\)"):
        data_of("a", three(), Cut(7, 1, 0))


@pytest.mark.parametrize("field", ["bars", "stride", "transposed"])
def test_a_cut_of_nothing_is_refused(field):
    with pytest.raises(ValueError, match=f"{field} must be at least"):
        JsbChorales(**{field: -1})


def test_jsb_chorales_keep_their_splits_and_hold_repeated_notes(tmp_path, monkeypatch):
    splits = {"train": 3, "valid": 2, "test": 1}
    made = {
        part: [piece.sounding.tolist() for piece in harmonize(count, 6, seed=count)]
        for part, count in splits.items()
    }
    made["train"][0][0] = [-1] * 4
    file = tmp_path / "datasets" / "jsb" / JsbChorales.file
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(made))
    (tmp_path / "manifest").write_text(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  jsb/{file.name}\n")
    monkeypatch.setattr(published, "MANIFEST", tmp_path / "manifest")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    download.read_manifest.cache_clear()
    loaded = find_dataset("jsb").load()
    download.read_manifest.cache_clear()
    assert [len(split) for split in loaded.splits.values()] == [42, 6, 3]
    classes = loaded.train.examples.argmax(-1)
    assert (classes[0, 0] == 1).all()
    sounding, onsets = Vocabulary().decode(classes)
    assert not (onsets[:, 1:] & (sounding[:, 1:] == sounding[:, :-1])).any()
    assert not loaded.format.onsets


@pytest.mark.parametrize("kind", [JsbChorales, Chorales, lambda **fields: MidiFolder("none", **fields)])
@pytest.mark.parametrize("bars", [1, 4])
def test_samples_need_no_file_and_have_the_schema(kind, bars):
    sample = kind(bars=bars).sample()
    assert sample.train.shape == (16 * bars, 4, 51)
    assert sample.format == data_of("a", three(), Cut(4, 1, 0), onsets=kind is not JsbChorales).format
    assert sample.sha256 == kind(bars=bars).sample().sha256


@pytest.mark.real
def test_the_published_chorales_load():
    loaded = JsbChorales().load()
    assert [len(split) for split in loaded.splits.values()] == [16010, 906, 934]


def moved(piece, semitones):
    return Piece(f"{piece.name} moved", piece.sounding + semitones, piece.onsets)


def test_a_tune_has_one_split_in_every_key():
    made = harmonize(40, 5)
    parts, note = split_by_melody(made + [moved(piece, -2) for piece in made], 4)
    assert note == ""
    where = {piece.name: part for part, of in parts.items() for piece in of}
    assert len(where) == 80
    assert all(where[name] == where[f"{name} moved"] for name in where if not name.endswith("moved"))
    assert all(parts.values())


def test_too_few_tunes_are_refused_and_short_pieces_told():
    made = harmonize(4, 5)
    short = Piece("short", made[0].sounding[:63], made[0].onsets[:63])
    upbeat = Piece("upbeat", made[0].sounding, made[0].onsets, first=20)
    assert split_by_melody([*made, short, upbeat], 4)[1] == "left out 2 pieces shorter than 4 bars"
    with pytest.raises(InputError, match="different tunes of 4 bars or more.*received 2 in 4 pieces"):
        split_by_melody([*made[:2], moved(made[0], 3), short], 4)


def test_pieces_are_kept_as_plain_arrays(tmp_path):
    made = harmonize(2, 5)
    made.append(Piece("upbeat", made[0].sounding[:20], made[0].onsets[:20], 4))
    path = tmp_path / "new" / "a.npz"
    assert save_pieces(path, made, "a note")
    found, note = load_pieces(path)
    assert [(piece.name, piece.first, len(piece.sounding)) for piece in found] == [
        ("piece 0", 0, 80), ("piece 1", 0, 80), ("upbeat", 4, 20),
    ]  # fmt: skip
    np.testing.assert_array_equal(found[1].onsets, made[1].onsets)
    assert note == "a note"
    assert [file.name for file in path.parent.iterdir()] == ["a.npz"]
    path.write_bytes(path.read_bytes()[:500])
    assert load_pieces(path) is None
    assert load_pieces(tmp_path / "none.npz") is None
    assert not save_pieces(path / "below.npz", made, "")


def test_the_corpus_is_parsed_once(tmp_path, monkeypatch):
    calls = []

    def parsed(most, steps_a_beat):
        calls.append(most)
        return harmonize(12, 6), "left out 2 of other than 4 parts"

    monkeypatch.setattr(corpus, "read_chorales", parsed)
    monkeypatch.setattr(corpus, "corpus_version", lambda: "1.0")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    first, again = Chorales(pieces=12).load(), find_dataset("chorales")
    assert again == Chorales()
    assert Chorales(pieces=12).load().sha256 == first.sha256
    assert calls == [12]
    assert "left out 2 of other than 4 parts" in first.notes
    assert first.format.onsets
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "file"))
    (tmp_path / "file").touch()
    assert "parsed again each time" in Chorales(pieces=12).load().notes[-1]


def test_without_music21_the_way_to_install_it_is_told(monkeypatch):
    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(corpus, "version", missing)
    with pytest.raises(InputError, match=r"not installed: .*pip install 'keras_ae\[music\]'"):
        Chorales().load()
    with pytest.raises(ValueError, match="pieces must be at least 3, received 2"):
        Chorales(pieces=2)


@pytest.mark.extras
def test_a_score_keeps_ties_repeated_notes_and_its_bars():
    pytest.importorskip("music21")
    from music21 import converter, stream

    line = converter.parse("tinyNotation: 4/4 c4 d4 d8 e8 f4~ f4 r4 g2")
    score = stream.Score([line, *(converter.parse("tinyNotation: 4/4 C1 C1") for _ in range(3))])
    assert corpus.rejection_reason(score) == ""
    piece = corpus.piece_of("a", score, 2)
    assert piece.sounding[:, 0].tolist() == [60, 60, 62, 62, 62, 64, 65, 65, 65, 65, -1, -1, 67, 67, 67, 67]
    assert np.flatnonzero(piece.onsets[:, 0]).tolist() == [0, 2, 4, 5, 6, 12]
    assert np.flatnonzero(piece.onsets[:, 3]).tolist() == [0, 8]
    assert piece.first == 0
    assert corpus.rejection_reason(stream.Score([line])) == "of other than 4 parts"
    waltz = [converter.parse("tinyNotation: 3/4 c4 d4 e4") for _ in range(4)]
    assert corpus.rejection_reason(stream.Score(waltz)) == "not in 4/4 throughout"


@pytest.mark.extras
def test_the_corpus_has_chorales_with_upbeats(tmp_path, monkeypatch):
    pytest.importorskip("music21")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    assert len(Chorales(pieces=6, transposed=0).load().train) > 10
    found, note = corpus.read_chorales(2)
    assert [piece.name for piece in found] == ["bwv10.7", "bwv101.7"]
    assert note == "left out 1 of other than 4 parts"
    assert all(piece.sounding.shape[1] == 4 for piece in found)


@pytest.fixture
def folder(tmp_path):
    """8 pieces in 4 tracks, one in another key, beside what is of no use."""
    for number, piece in enumerate([*harmonize(7, 6), moved(harmonize(1, 6)[0], 12)]):
        midi.write(tmp_path / f"{number}.{'mid' if number % 2 else 'MIDI'}", piece.sounding, piece.onsets)
    (tmp_path / "notes.txt").touch()
    return tmp_path


def test_a_folder_of_midi_files_is_data(folder):
    assert MidiFolder.accepts(str(folder)) == MidiFolder(str(folder))
    assert find_dataset(str(folder), instead=JsbChorales()) == MidiFolder(str(folder))
    loaded = MidiFolder(str(folder), transposed=0).load()
    assert sum(len(split) for split in loaded.splits.values()) == 24
    assert loaded.train.shape == (64, 4, 51)
    assert len(loaded.notes) == 2
    two = MidiFolder(str(folder), voices=2, transposed=0).load()
    assert two.train.shape == (64, 2, 51)
    assert "notes fit into none of 2 voices" in two.notes[2]


def test_what_is_of_no_use_in_a_folder_is_told(folder):
    below = folder / "below"
    below.mkdir()
    for number in range(5):
        (below / f"{number}.mid").write_bytes(b"words")
    silent = np.full((16, 4), -1, np.int16)
    midi.write(folder / "a.mid", silent, silent >= 0)
    (folder / ".hidden.mid").touch()
    notes = MidiFolder(str(folder)).load().notes[2]
    assert notes.startswith("left out 6 of 14 MIDI files: ")
    assert "a.mid holds no notes" in notes
    assert notes.endswith(
        "0.mid cannot be read as a MIDI file (it has no header); export it again from a notation "
        "program (4 more like it)"
    )
    for number in range(2):
        midi.write(below / f"silent {number}.KAR", silent, silent >= 0)
    with pytest.raises(
        InputError,
        match=r"none of the 7 MIDI files below .*below can be used: .*0.mid cannot .* \(4 more like it\); "
        r".*silent 0.KAR holds no notes; .* \(1 more like it\); give others$",
    ):
        MidiFolder(str(below)).load()


def test_drums_are_told(folder):
    file = mido.MidiFile(folder / "1.mid")
    file.tracks.append(mido.MidiTrack(mido.Message("note_on", channel=9, note=note) for note in (36, 38)))
    file.save(folder / "1.mid")
    assert "left out 2 notes of drums" in MidiFolder(str(folder)).load().notes


def test_bars_that_are_not_of_four_beats_are_told(folder):
    piece = harmonize(1, 6, seed=5)[0]
    midi.write(folder / "waltz.mid", piece.sounding, piece.onsets, beats_a_bar=3)
    assert "1 of 9 pieces have other bars than 4/4" in MidiFolder(str(folder)).load().notes[2]


def test_folders_without_midi_files_are_not_accepted(tmp_path):
    (tmp_path / "a.png").touch()
    assert MidiFolder.accepts(str(tmp_path)) is None
    assert MidiFolder.accepts(str(tmp_path / "none.mid")) is None
    with pytest.raises(InputError, match=r"expected \.mid, \.midi, \.kar, \.rmi files"):
        MidiFolder(str(tmp_path)).load()
    with pytest.raises(ValueError, match="voices must be at least 1"):
        MidiFolder(str(tmp_path), voices=0)
    assert list(midi_folder.midi_files(tmp_path)) == []
