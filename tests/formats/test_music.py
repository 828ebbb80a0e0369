"""Music on a grid of time: classes and back, MIDI files, voices, images, sound, rules and baselines."""

import mido
import numpy as np
import pytest

from keras_ae.errors import InputError
from keras_ae.formats.music import metrics, midi, ngrams, roll, rules, sound, tonality
from keras_ae.formats.music.copies import longest_copied_run
from keras_ae.formats.music.grid import HOLD, REST, Piece, Vocabulary, onsets_of, windows
from keras_ae.formats.music.harmonies import harmonize
from keras_ae.formats.music.voices import separate_voices

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
    again, struck = WORDS.decode(WORDS.encode(sounding, onsets))
    np.testing.assert_array_equal(again, sounding)
    np.testing.assert_array_equal(struck, onsets)


def test_a_held_note_is_class_0_a_rest_1_and_the_lowest_pitch_2():
    line = melody(48, 48, -1, -1, 50, 50)
    onsets = melody(1, 0, 0, 0, 1, 1).astype(bool)
    assert WORDS.encode(line, onsets)[:, 0].tolist() == [2, HOLD, REST, HOLD, 4, 4]
    assert WORDS.classes == 27


def test_a_window_begins_with_the_notes_that_sound(random):
    piece = Piece("", *random_music(random, 200), first=3)
    cut = windows([piece], WORDS, 16, 5)
    assert (cut[:, 0] != HOLD).all()
    for number, window in enumerate(cut):
        start = 3 + 5 * number
        np.testing.assert_array_equal(WORDS.decode(window)[0], piece.sounding[start : start + 16])
    assert len(cut) == (200 - 3 - 16) // 5 + 1
    assert windows([piece], WORDS, 500, 16).shape == (0, 500, 4)


def test_a_first_step_that_is_held_is_a_rest():
    assert WORDS.decode(np.array([[0], [0], [2]]))[0][:, 0].tolist() == [-1, -1, 48]


def test_pitches_that_change_are_onsets_and_others_held():
    assert onsets_of(melody(50, 50, 52, -1, 52, 52))[:, 0].tolist() == [1, 0, 1, 0, 1, 0]


def test_transposition_moves_every_pitch_and_says_what_stays_in_the_range(random):
    cut = WORDS.encode(*(part[None] for part in random_music(random, lowest=50, highest=60)))
    moved, fits = WORDS.transpose(cut, -2)
    before, after = WORDS.decode(cut)[0], WORDS.decode(moved)[0]
    np.testing.assert_array_equal(after, np.where(before < 0, -1, before - 2))
    assert fits.all()
    assert not WORDS.transpose(cut, 23)[1].any()
    assert not WORDS.transpose(cut, -13)[1].any()


def test_pitches_outside_the_range_are_folded_by_octaves_or_refused():
    assert WORDS.fold(melody(-1, 30, 47, 48, 72, 73, 100))[:, 0].tolist() == [-1, 54, 59, 48, 72, 61, 64]
    tune = melody(-1, 74, 76, 81)
    both = np.concatenate([tune, melody(60, 61, 62, 63)], axis=1)
    assert WORDS.fold(both).T.tolist() == [[-1, 62, 64, 69], [60, 61, 62, 63]]  # the tune stays one
    with pytest.raises(InputError, match="pitches from 48 to 72, received 73"):
        WORDS.encode(melody(73), melody(1) > 0)


@pytest.mark.parametrize(("lowest", "highest"), [(-1, 40), (60, 70), (60, 128)])
def test_a_range_below_an_octave_or_of_no_midi_numbers_is_refused(lowest, highest):
    with pytest.raises(InputError, match=f"received {lowest} to {highest}"):
        Vocabulary(lowest, highest)


def test_a_melody_is_the_same_in_every_key_and_rhythm():
    def named(line):
        return Piece("", line, onsets_of(line)).melody

    assert named(melody(60, 62, 64)) == named(melody(70, -1, 72, 72, 74))
    assert named(melody(60, 62, 64)) != named(melody(60, 62, 63))


def test_harmonies_are_triads_in_four_voices_from_the_top():
    for piece in harmonize(4, 5):
        assert piece.sounding.shape == (80, 4)
        assert (np.diff(piece.sounding, axis=1) < 0).all()
        assert all(len(set(chord % 12)) == 3 for chord in piece.sounding)
    assert not np.array_equal(harmonize(1, 5, seed=1)[0].sounding, harmonize(1, 5)[0].sounding)


def test_a_midi_file_reads_back_as_it_was_written(random, tmp_path):
    sounding, onsets = random_music(random)
    midi.write(tmp_path / "a.mid", sounding, onsets)
    score = midi.read(tmp_path / "a.mid")
    again = separate_voices(score, 4)
    np.testing.assert_array_equal(again.sounding, sounding)
    np.testing.assert_array_equal(again.onsets, onsets)
    assert (again.unassigned, score.meters) == (0, ("4/4",))


def test_a_voice_without_notes_stays_where_it_was(random, tmp_path):
    sounding, onsets = random_music(random)
    sounding[:, 1], onsets[:, 1] = -1, False
    midi.write(tmp_path / "a.mid", sounding, onsets)
    np.testing.assert_array_equal(separate_voices(midi.read(tmp_path / "a.mid"), 4).sounding, sounding)


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
    found = separate_voices(midi.read(path), 3)
    assert found.sounding.tolist() == [[67, 60, 48], [67, 60, 48], [65, 62, 48], [65, -1, 48]]
    assert found.onsets.tolist() == [[1, 1, 1], [0, 0, 0], [1, 1, 0], [0, 0, 0]]
    assert separate_voices(midi.read(path), 2).unassigned == 1


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
            patch.setattr(midi, f"MAX_{name}", 1)
            with pytest.raises(InputError, match=message):
                midi.read(path)


def test_a_roll_shows_every_note_in_its_voices_color():
    sounding = np.array([[60, 50]] * 4 + [[60, -1]] * 4, np.int16)
    onsets = np.zeros((8, 2), bool)
    onsets[[0, 4], 0] = onsets[0, 1] = True
    image = roll.render(sounding, onsets, 48, 60, 4, 4)
    assert image.dtype == np.uint8
    assert image.shape[2] == 3
    top, low = image[3], image[(60 - 50) * roll.PITCH + 3]
    assert (top == roll.COLORS[0]).all(-1).sum() > 36
    assert 18 < (low == roll.COLORS[1]).all(-1).sum() < 24
    struck = np.flatnonzero((top == [part * 6 // 10 for part in roll.COLORS[0]]).all(-1))
    assert struck.min() < 4
    assert 22 < struck.max() < 28
    assert not (low == roll.COLORS[0]).all(-1).any()


def test_long_rolls_keep_two_pixels_a_step():
    silent = np.full((3000, 1), -1, np.int16)
    assert roll.render(silent, silent > 0, 48, 60, 4, 4).shape[1] == 6001


def test_sound_has_the_pitch_and_the_length_of_its_notes():
    line = melody(*[69] * 16)
    samples, rate = sound.synthesize(line, onsets_of(line), tempo=60)
    assert len(samples) == pytest.approx(4 * rate, rel=0.05)
    spectrum = np.abs(np.fft.rfft(samples[: 2 * rate]))
    assert np.argmax(spectrum) / 2 == pytest.approx(440, abs=1)
    assert samples.dtype == np.float32


def test_sound_never_clips_and_silence_is_silent():
    loud = np.repeat(np.arange(40, 60, dtype=np.int16)[None], 8, axis=0)
    assert np.abs(sound.synthesize(loud, onsets_of(loud))[0]).max() <= sound.MAX_AMPLITUDE + 1e-6
    silent = melody(-1, -1, -1)
    assert not sound.synthesize(silent, onsets_of(silent))[0].any()


def satb(*chords):
    """Chords of 4 voices from the top, as (1, time, 4)."""
    return np.array(chords, np.int16)[None]


def test_notes_outside_a_choirs_ranges_are_counted_where_they_are_struck():
    sounding = satb([82, 55, 47, 40], [82, 55, 47, 39], [81, -1, 48, 39])
    assert rules.range_violations(sounding, onsets_of(sounding)).tolist() == [[2, 1, 0]]
    assert rules.range_violations(sounding[..., :3], onsets_of(sounding[..., :3])).tolist() == [[0, 0, 0]]


def test_a_crossing_is_counted_once_as_it_begins():
    sounding = satb([70, 71, 50, 45], [70, 71, 72, 45], [71, 71, 50, 45], [70, 71, -1, 45])
    assert rules.voice_crossings(sounding).tolist() == [[1, 1, 0, 1]]


@pytest.mark.parametrize(
    ("first", "second", "count"),
    [
        ([67, 60], [69, 62], 1),  # fifths upwards
        ([79, 60], [77, 58], 1),  # twelfths downwards
        ([72, 60], [74, 62], 1),  # octaves
        ([60, 60], [62, 62], 1),  # unisons
        ([67, 60], [60, 53], 1),
        ([67, 60], [67, 60], 0),  # neither moves
        ([72, 60], [60, 72], 0),  # against each other
        ([67, 60], [74, 62], 0),  # from a fifth to an octave
        ([64, 60], [66, 62], 0),  # thirds
        ([67, -1], [69, 62], 0),
        ([66, 60], [69, 62], 0),  # a diminished one to a fifth
    ],
)
def test_parallels_are_perfect_intervals_that_move_together(first, second, count):
    assert rules.parallel_motion(satb(first, first, second, second)).tolist() == [[0, 0, count, 0]]


def test_counts_are_summed_by_the_bar_and_silent_voices_told():
    assert rules.sum_over_bars(np.ones((2, 10), int), 4).tolist() == [[4, 4, 2]] * 2
    sounding = satb(*[[60, -1]] * 4, *[[60, 50]] * 2)
    assert rules.silent_voices(sounding, 4).tolist() == [[1, 0]]


@pytest.mark.parametrize("tonic", [0, 5, 11])
def test_keys_are_found_by_their_pitch_classes(tonic):
    major = satb(*[[60 + tonic + step] for step in (0, 4, 7, 0, 5, 9, 0, 2, 7, 11, 0, 4, 7, 0)])
    minor = satb(*[[60 + tonic + step] for step in (0, 3, 7, 0, 5, 8, 0, 2, 7, 11, 0, 3, 7, 0)])
    assert [int(part[0]) for part in tonality.find_keys(major)] == [tonic, 0]
    assert [int(part[0]) for part in tonality.find_keys(minor)] == [tonic, 1]
    np.testing.assert_allclose(tonality.degree_frequencies(major)[[0, 7]], [5 / 14, 3 / 14])


def test_intervals_are_those_between_notes_of_a_voice():
    sounding = satb([60], [62], [62], [62], [-1], [62], [30])
    onsets = np.array([1, 1, 0, 1, 0, 1, 1], bool)[None, :, None]
    shares = tonality.interval_frequencies(sounding, onsets)
    assert shares.shape == (1, 25)
    assert shares[0, [0, 12, 14]].tolist() == pytest.approx([1 / 3] * 3)
    assert not tonality.interval_frequencies(satb([-1], [-1]), onsets[:, :2]).any()


def test_total_variation_is_1_of_what_has_nothing_in_common():
    assert tonality.total_variation(np.array([0.5, 0.5, 0]), np.array([0, 0, 1.0])) == 1
    assert tonality.total_variation(np.array([[0.5, 0.5], [1, 0]]), np.array([[1, 0], [1.0, 0]])) == 0.25


def longest_by_looking(sample, train, any_key):
    """The longest common run, by trying all."""

    def moved(run):
        return run - run[run >= 0][0] * (run >= 0) if any_key and (run >= 0).any() else run

    return max(
        length
        for length in range(len(sample) + 1)
        for start in range(len(sample) - length + 1)
        for other in train
        for there in range(len(other) - length + 1)
        if np.array_equal(moved(sample[start : start + length]), moved(other[there : there + length]))
    )


@pytest.mark.parametrize("any_key", [False, True])
def test_the_longest_copied_run_is_the_one_that_trying_all_finds(random, any_key):
    samples, train = (random.integers(60, 62, (count, 12, 2)) for count in (8, 5))
    expected = [longest_by_looking(sample, train, any_key) for sample in samples]
    assert longest_copied_run(samples, train, any_key).tolist() == expected
    assert len(set(expected)) > 1


def test_a_copy_is_found_wherever_it_lies_and_in_any_key_if_asked(random):
    train = random.integers(50, 80, (20, 64, 4))
    samples = random.integers(50, 80, (3, 64, 4))
    samples[0, 30:50] = train[7, 11:31]
    samples[1, :20] = train[3, 44:] + 2
    assert longest_copied_run(samples, train).tolist() == [20, 0, 0]
    assert longest_copied_run(samples, train, any_key=True)[:2].tolist() == [20, 20]
    assert longest_copied_run(train, train).tolist() == [64] * 20
    assert longest_copied_run(samples[:, :16], train).max() == 0
    assert longest_copied_run(samples, train, lengths=np.array([34, 64, 64])).tolist() == [4, 0, 0]


@pytest.mark.parametrize("condition", ngrams.CONDITIONS)
def test_chains_sum_to_1_and_draw_what_they_hold_likely(random, condition):
    music = WORDS.encode(
        *(np.stack(part) for part in zip(*(random_music(random) for _ in range(20)), strict=True))
    )
    chain = ngrams.fit_chain(music, WORDS, condition)
    np.testing.assert_allclose(chain.probabilities.sum(axis=2), 1)
    assert (chain.probabilities > 0).all()
    drawn = chain.sample(400, seed=1)
    assert drawn.shape == (400, 64, 4)
    np.testing.assert_array_equal(drawn, chain.sample(400, seed=1))
    assert not np.array_equal(drawn, chain.sample(400, seed=2))
    states = -(chain.probabilities * np.log(chain.probabilities)).sum(axis=2)
    assert 0 < chain.nll(drawn).mean() / 64 < 4 * states.max()
    refitted = ngrams.fit_chain(drawn, WORDS, condition)
    assert chain.nll(drawn).mean() == pytest.approx(refitted.nll(drawn).mean(), rel=0.03)
    if condition != "unigram":
        assert (drawn[:, 0] == HOLD).mean() < 0.5 * (drawn == HOLD).mean()


def test_a_unigram_has_the_counts_in_its_likelihood():
    music = np.array([[[2], [0], [0], [0]]])
    chain = ngrams.fit_chain(music, WORDS, "unigram")
    share = np.array([3 + 2 * 1 / 27, 1 + 2 * 1 / 27]) / 6  # by two kinds seen of 27, then again
    share = (np.array([3, 1]) + 2 * share) / 6
    assert chain.nll(music)[0] == pytest.approx(-3 * np.log(share[0]) - np.log(share[1]))


def test_the_chain_of_what_sounds_remembers_a_held_pitch():
    up, down = [[2, 0, 0, 6, 0, 0], [4, 0, 0, 8, 0, 0]]
    music = np.array([up, down] * 50)[..., None]
    told = ngrams.fit_chain(music, WORDS, "bigram").nll(music[:1])[0]
    assert told < ngrams.fit_chain(music, WORDS, "class_bigram").nll(music[:1])[0] - 0.5


def test_music_that_is_measured_beside_itself_has_no_distance():
    parts = Vocabulary().decode(windows(harmonize(4, 8), Vocabulary(), 64, 16))
    music = metrics.Music(*parts, np.full(len(parts[0]), 64))
    found = metrics.sample_metrics(music, music, music, 16)
    assert found["pitch_class_distance"] == found["interval_distance"] == 0
    assert found["longest_copy_bars"] == 4
    assert {found[name] for name in found if name.endswith("_ratio")} == {1.0}
