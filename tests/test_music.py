"""Music on a grid of time: classes and back, MIDI files, voices, pictures, sound, rules and baselines."""

import mido
import numpy as np
import pytest

from keras_ae.errors import InputError
from keras_ae.music import midi, roll, sound
from keras_ae.music.grid import HELD, REST, Piece, Vocabulary, onsets_of, windows
from keras_ae.music.harmonies import harmonised
from keras_ae.music.voices import separated

WORDS = Vocabulary(48, 72)


def random_music(random, time=64, voices=4, lowest=48, highest=72):
    """Notes of 1 to 8 steps with rests between, and repeated ones."""
    sounding = np.empty((time, voices), np.int16)
    onsets = np.zeros((time, voices), bool)
    for voice in range(voices):
        now = 0
        while now < time:
            length = int(random.integers(1, 9))
            pitch = int(random.integers(lowest, highest + 1)) if random.random() > 0.2 else -1
            sounding[now : now + length, voice] = pitch
            onsets[now, voice] = pitch >= 0
            now += length
    return sounding, onsets


def melody(*pitches):
    """A voice (time, 1) with a step a pitch."""
    return np.array(pitches, np.int16)[:, None]


def test_classes_tell_what_sounds_and_what_is_struck_again(random):
    sounding, onsets = random_music(random)
    again, struck = WORDS.decoded(WORDS.encoded(sounding, onsets))
    np.testing.assert_array_equal(again, sounding)
    np.testing.assert_array_equal(struck, onsets)


def test_a_held_note_is_class_0_a_rest_1_and_the_lowest_pitch_2():
    line = melody(48, 48, -1, -1, 50, 50)
    onsets = melody(1, 0, 0, 0, 1, 1).astype(bool)
    assert WORDS.encoded(line, onsets)[:, 0].tolist() == [2, HELD, REST, HELD, 4, 4]
    assert WORDS.classes == 27


def test_a_window_begins_with_the_notes_that_sound(random):
    piece = Piece("", *random_music(random, 200), first=3)
    cut = windows([piece], WORDS, 16, 5)
    assert (cut[:, 0] != HELD).all()
    for number, window in enumerate(cut):
        start = 3 + 5 * number
        np.testing.assert_array_equal(WORDS.decoded(window)[0], piece.sounding[start : start + 16])
    assert len(cut) == (200 - 3 - 16) // 5 + 1
    assert windows([piece], WORDS, 500, 16).shape == (0, 500, 4)


def test_a_first_step_that_is_held_is_a_rest():
    assert WORDS.decoded(np.array([[0], [0], [2]]))[0][:, 0].tolist() == [-1, -1, 48]


def test_pitches_that_change_are_onsets_and_others_held():
    assert onsets_of(melody(50, 50, 52, -1, 52, 52))[:, 0].tolist() == [1, 0, 1, 0, 1, 0]


def test_transposition_moves_every_pitch_and_says_what_stays_in_the_range(random):
    cut = WORDS.encoded(*(part[None] for part in random_music(random, lowest=50, highest=60)))
    moved, fits = WORDS.transposed(cut, -2)
    before, after = WORDS.decoded(cut)[0], WORDS.decoded(moved)[0]
    np.testing.assert_array_equal(after, np.where(before < 0, -1, before - 2))
    assert fits.all()
    assert not WORDS.transposed(cut, 23)[1].any()
    assert not WORDS.transposed(cut, -13)[1].any()


def test_pitches_outside_the_range_are_folded_by_octaves_or_refused():
    assert WORDS.folded(melody(-1, 30, 47, 48, 72, 73, 100))[:, 0].tolist() == [-1, 54, 59, 48, 72, 61, 64]
    with pytest.raises(InputError, match="pitches from 48 to 72, received 73"):
        WORDS.encoded(melody(73), melody(1) > 0)


@pytest.mark.parametrize(("lowest", "highest"), [(-1, 40), (60, 70), (60, 128)])
def test_a_range_below_an_octave_or_of_no_midi_numbers_is_refused(lowest, highest):
    with pytest.raises(ValueError, match=f"received {lowest} to {highest}"):
        Vocabulary(lowest, highest)


def test_a_melody_is_the_same_in_every_key_and_rhythm():
    def named(line):
        return Piece("", line, onsets_of(line)).melody

    assert named(melody(60, 62, 64)) == named(melody(70, -1, 72, 72, 74))
    assert named(melody(60, 62, 64)) != named(melody(60, 62, 63))


def test_harmonies_are_triads_in_four_voices_from_the_top():
    for piece in harmonised(4, 5):
        assert piece.sounding.shape == (80, 4)
        assert (np.diff(piece.sounding, axis=1) < 0).all()
        assert all(len(set(chord % 12)) == 3 for chord in piece.sounding)
    assert not np.array_equal(harmonised(1, 5, seed=1)[0].sounding, harmonised(1, 5)[0].sounding)


def test_a_midi_file_reads_back_as_it_was_written(random, tmp_path):
    sounding, onsets = random_music(random)
    midi.write(tmp_path / "a.mid", sounding, onsets)
    score = midi.read(tmp_path / "a.mid")
    again = separated(score, 4)
    np.testing.assert_array_equal(again.sounding, sounding)
    np.testing.assert_array_equal(again.onsets, onsets)
    assert (again.left_out, score.metres) == (0, ("4/4",))


def test_a_voice_without_notes_stays_where_it_was(random, tmp_path):
    sounding, onsets = random_music(random)
    sounding[:, 1], onsets[:, 1] = -1, False
    midi.write(tmp_path / "a.mid", sounding, onsets)
    np.testing.assert_array_equal(separated(midi.read(tmp_path / "a.mid"), 4).sounding, sounding)


def chords(path, *notes, ticks=100, kind=1):
    """A file of one track and the notes (first tick, tick past the last, pitch)."""
    events = sorted(
        [(end, 0, pitch) for _, end, pitch in notes] + [(start, 80, pitch) for start, _, pitch in notes]
    )
    track, now = mido.MidiTrack(), 0
    for tick, velocity, pitch in events:
        track.append(mido.Message("note_on", note=pitch, velocity=velocity, time=tick - now))
        now = tick
    file = mido.MidiFile(type=kind, ticks_per_beat=ticks, tracks=[track])
    file.save(path)
    return path


def test_chords_of_one_track_are_voices_from_the_highest(tmp_path):
    path = chords(tmp_path / "a.mid", (0, 100, 60), (0, 50, 67), (50, 100, 65), (0, 100, 48), (50, 75, 62))
    found = separated(midi.read(path), 3)
    assert found.sounding.tolist() == [[67, 60, 48], [67, 60, 48], [65, 62, 48], [65, -1, 48]]
    assert found.onsets.tolist() == [[1, 1, 1], [0, 0, 0], [1, 1, 0], [0, 0, 0]]
    assert separated(midi.read(path), 2).left_out == 1


def test_notes_go_to_the_nearest_step_and_last_one_or_more(tmp_path):
    path = chords(tmp_path / "a.mid", (12, 14, 60), (26, 51, 62), (88, 200, 64))
    assert midi.read(path).notes[:, :3].tolist() == [[0, 1, 60], [1, 2, 62], [4, 8, 64]]


def test_drums_are_left_out_and_notes_without_end_last_to_the_end(tmp_path):
    track = mido.MidiTrack(
        [
            mido.Message("note_on", channel=9, note=40, velocity=80),
            mido.Message("note_on", note=60, velocity=80),
            mido.MetaMessage("end_of_track", time=50),
        ]
    )
    mido.MidiFile(ticks_per_beat=100, tracks=[track]).save(tmp_path / "a.mid")
    assert midi.read(tmp_path / "a.mid").notes.tolist() == [[0, 2, 60, 0]]


def test_what_is_no_midi_file_or_holds_no_notes_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "a.mid"
    for content in (b"", b"words", b"MThd\0\0\0\6\0\1\0\1\0\x60MTrk\0\0\0\2\0\xff", b"MThd" + bytes(40)):
        path.write_bytes(content)
        with pytest.raises(InputError, match=r"a\.mid cannot be read as a MIDI file|holds no notes|of film"):
            midi.read(path)
    with pytest.raises(InputError, match="cannot be read as a MIDI file"):
        midi.read(tmp_path / "none.mid")
    mido.MidiFile(tracks=[mido.MidiTrack()]).save(path)
    with pytest.raises(InputError, match="holds no notes"):
        midi.read(path)
    mido.MidiFile(ticks_per_beat=0x6828, tracks=[mido.MidiTrack()]).save(path)
    path.write_bytes(path.read_bytes().replace(b"\x68\x28", b"\xe8\x28"))
    with pytest.raises(InputError, match="frames of film"):
        midi.read(path)
    chords(path, (0, 100, 60), (0, 100, 61))
    for name, message in (
        ("BYTES", "bytes, at most"),
        ("NOTES", "more than 1 notes"),
        ("STEPS", "4 steps, at most"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(midi, f"MOST_{name}", 1)
            with pytest.raises(InputError, match=message):
                midi.read(path)


def test_a_roll_shows_every_note_in_its_voices_colour():
    sounding = np.array([[60, 50]] * 4 + [[60, -1]] * 4, np.int16)
    onsets = np.zeros((8, 2), bool)
    onsets[[0, 4], 0] = onsets[0, 1] = True
    picture = roll.drawn(sounding, onsets, 48, 60, 4, 4)
    assert picture.dtype == np.uint8
    assert picture.shape[2] == 3
    top, low = picture[3], picture[(60 - 50) * roll.PITCH + 3]
    assert (top == roll.COLOURS[0]).all(-1).sum() > 36
    assert 18 < (low == roll.COLOURS[1]).all(-1).sum() < 24
    struck = np.flatnonzero((top == [part * 6 // 10 for part in roll.COLOURS[0]]).all(-1))
    assert struck.min() < 4
    assert 22 < struck.max() < 28
    assert not (low == roll.COLOURS[0]).all(-1).any()


def test_long_rolls_keep_two_pixels_a_step():
    silent = np.full((3000, 1), -1, np.int16)
    assert roll.drawn(silent, silent > 0, 48, 60, 4, 4).shape[1] == 6001


def test_sound_has_the_pitch_and_the_length_of_its_notes():
    line = melody(*[69] * 16)
    samples, rate = sound.played(line, onsets_of(line), tempo=60)
    assert len(samples) == pytest.approx(4 * rate, rel=0.05)
    spectrum = np.abs(np.fft.rfft(samples[: 2 * rate]))
    assert np.argmax(spectrum) / 2 == pytest.approx(440, abs=1)
    assert samples.dtype == np.float32


def test_sound_never_clips_and_silence_is_silent():
    loud = np.repeat(np.arange(40, 60, dtype=np.int16)[None], 8, axis=0)
    assert np.abs(sound.played(loud, onsets_of(loud))[0]).max() <= sound.LOUDEST + 1e-6
    silent = melody(-1, -1, -1)
    assert not sound.played(silent, onsets_of(silent))[0].any()
