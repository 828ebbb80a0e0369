"""MIDI files as others write them: odd events, notes of one tick, legato, types, and what is refused."""

import struct

import mido
import pytest

from keras_ae.errors import InputError
from keras_ae.formats.music import midi
from keras_ae.formats.music.events import read_tracks
from keras_ae.formats.music.voices import separate_voices

TICKS = 480
ON, OFF = 0x90, 0x80


def number(value):
    """A number of variable length."""
    data = [value & 0x7F]
    while value := value >> 7:
        data.insert(0, value & 0x7F | 0x80)
    return bytes(data)


def chunk(name, content):
    return name + struct.pack(">I", len(content)) + content


def header(kind=1, tracks=1, ticks=TICKS):
    return chunk(b"MThd", struct.pack(">HHh", kind, tracks, ticks))


def track(*events, end=True):
    """A track of events (tick, bytes), in their order."""
    content, now = b"", 0
    for tick, event in events:
        content += number(tick - now) + event
        now = tick
    return chunk(b"MTrk", content + (b"\0\xff\x2f\0" if end else b""))


def note(status, pitch, velocity=80, channel=0):
    return bytes([status | channel, pitch, velocity])


def meta(kind, content=b""):
    return bytes([0xFF, kind]) + number(len(content)) + content


SCALE = [
    (tick, event)
    for number, pitch in enumerate((60, 62, 64, 65))
    for tick, event in ((TICKS * number, note(ON, pitch)), (TICKS * (number + 1), note(OFF, pitch)))
]
NOTES = [[0, 4, 60], [4, 8, 62], [8, 12, 64], [12, 16, 65]]


@pytest.fixture
def read(tmp_path):
    """Reads the notes, (first step, step past the last, pitch) each, of a file's bytes."""

    def read(content):
        (tmp_path / "a.mid").write_bytes(content)
        return midi.read(tmp_path / "a.mid").notes[:, :3].tolist()

    return read


ODD = {
    "key of two flats and a mode of 255": meta(0x59, b"\xfe\xff"),
    "key of eight sharps": meta(0x59, b"\x08\0"),
    "key without a mode": meta(0x59, b"\x01"),
    "port of no bytes": meta(0x21),
    "channel of no bytes": meta(0x20),
    "frame rate 7": meta(0x54, b"\xff\0\0\0\0"),
    "tempo of no bytes": meta(0x51),
    "tempo of five bytes": meta(0x51, b"\1\2\3\4\5"),
    "meter of two bytes": meta(0x58, b"\4\2"),
    "meter of one byte": meta(0x58, b"\4"),
    "meter of nothing": meta(0x58, b"\0\2\x18\x08"),
    "meter of 1 / 2 ** 255": meta(0x58, b"\4\xff\x18\x08"),
    "sequence number of no bytes": meta(0x00),
    "text of no encoding": meta(0x05, bytes(range(128, 256))),
    "of a kind that nobody knows": meta(0x66, b"abc"),
    "of a sequencer": meta(0x7F, b"\0" * 300),
    "system exclusive": b"\xf0\x05\x7e\x7f\x09\x01\xf7",
    "system exclusive without an end": b"\xf0\x02\x7e\x7f",
    "escape": b"\xf7\x02\xf3\x01",
    "clock": b"\xf8",
    "song position": b"\xf2\x01\x02",
    "pedal": b"\xb0\x40\x7f",
    "pressure": b"\xd0\x40",
    "bend": b"\xe0\x00\x40",
    "pressure of a key": b"\xa0\x40\x40",
    "data above 127": b"\xb0\x40\xff",
}


@pytest.mark.parametrize("event", ODD.values(), ids=ODD)
def test_odd_events_are_passed_over(read, event):
    assert read(header() + track((0, event), *SCALE)) == NOTES
    assert read(header() + track(*SCALE[:4], (TICKS * 2, event), *SCALE[4:])) == NOTES


def test_meters_are_those_that_can_be(tmp_path):
    events = [(0, event) for name, event in ODD.items() if name.startswith("meter")]
    events += [(0, meta(0x58, b"\6\3\x18\x08")), *SCALE]
    (tmp_path / "a.mid").write_bytes(header() + track(*events))
    assert midi.read(tmp_path / "a.mid").meters == ("4/4", "6/8")


def test_a_status_runs_on_also_after_other_events(read):
    assert read(header() + track(
        (0, note(ON, 60)), (480, bytes([60, 0])), (480, meta(0x01, b"la")), (480, bytes([62, 80])),
        (960, b"\xf0\x01\xf7"), (960, bytes([62, 0])),
    )) == NOTES[:2]  # fmt: skip


@pytest.mark.parametrize(
    ("events", "notes"),
    [
        # struck again on the tick where it ends, in either order
        ([(0, ON), (480, ON), (480, OFF), (960, OFF)], [[0, 4], [4, 8]]),
        ([(0, ON), (480, OFF), (480, ON), (960, OFF)], [[0, 4], [4, 8]]),
        ([(0, ON), (480, ON), (480, OFF), (960, ON), (960, OFF), (1440, OFF)], [[0, 4], [4, 8], [8, 12]]),
        # struck again a little before it ends, or without an end of the first
        ([(0, ON), (480, ON), (490, OFF), (960, OFF)], [[0, 4], [4, 8]]),
        ([(0, ON), (480, ON), (960, OFF)], [[0, 4], [4, 8]]),
        ([(0, ON), (480, ON), (960, OFF), (960, OFF)], [[0, 4], [4, 8]]),
        # struck twice at once, and ended twice
        ([(0, ON), (0, ON), (480, OFF), (480, OFF)], [[0, 4]]),
        ([(0, ON), (0, ON), (480, OFF)], [[0, 4]]),
        ([(0, ON), (480, OFF), (480, OFF), (960, ON), (1440, OFF)], [[0, 4], [8, 12]]),
        # an end before any beginning, none at all, and a note of no length
        ([(0, OFF), (480, ON), (960, OFF)], [[4, 8]]),
        ([(0, ON), (480, OFF), (960, ON), (1440, 0xB0)], [[0, 4], [8, 12]]),
        ([(480, ON), (480, OFF)], [[4, 5]]),
    ],
)
@pytest.mark.parametrize("silent", [False, True], ids=["off", "velocity 0"])
def test_notes_of_one_pitch_follow_each_other(read, events, notes, silent):
    made = [
        (tick, note(ON, 60, 0) if silent and status == OFF else note(status, 60)) for tick, status in events
    ]
    assert read(header() + track(*made)) == [[*span, 60] for span in notes]


def test_a_note_played_into_the_next_makes_no_second_voice(tmp_path):
    """The overlaps last up to a step, of 120 ticks, from higher and from lower pitches."""
    line = [(0, 500, 67), (480, 1070, 65), (960, 1550, 69), (1440, 1920, 60)]
    events = [(start, note(ON, pitch)) for start, _, pitch in line]
    events += [(end, note(OFF, pitch)) for _, end, pitch in line]
    (tmp_path / "a.mid").write_bytes(header() + track(*sorted(events)))
    found = separate_voices(midi.read(tmp_path / "a.mid"), 2)
    assert found.sounding[::4].tolist() == [[67, -1], [65, -1], [69, -1], [60, -1]]
    assert (found.sounding[:, 1] == -1).all()
    assert found.onsets.sum() == 4


def test_longer_overlaps_and_chords_out_of_time_are_voices(read):
    second = [(360, note(ON, 48)), (960, note(OFF, 48))]
    assert read(header() + track(*sorted([*SCALE[:2], *second]))) == [[0, 4, 60], [3, 8, 48]]
    chord = [(tick, note(ON, pitch)) for tick, pitch in ((0, 60), (9, 64), (17, 67))]
    chord += [(tick, note(OFF, pitch)) for tick, pitch in ((470, 67), (480, 60), (490, 64))]
    assert read(header() + track(*chord)) == [[0, 4, 67], [0, 4, 64], [0, 4, 60]]


def test_a_type_says_whether_tracks_sound_together(tmp_path):
    lower = [(tick, bytes([event[0] | 1, event[1] - 12, event[2]])) for tick, event in SCALE]
    both = sorted([*SCALE, *lower], key=lambda event: event[0])
    file = tmp_path / "a.mid"
    expected = None
    for content in (header(0) + track(*both), header(1, 2) + track(*SCALE) + track(*lower)):
        file.write_bytes(content)
        score = midi.read(file)
        expected = separate_voices(score, 2).sounding if expected is None else expected
        assert (separate_voices(score, 2).sounding == expected).all()
        assert score.parts == (4, 4)
    file.write_bytes(header(2, 2) + track(*SCALE[:6]) + track(*SCALE))
    score = midi.read(file)
    assert (score.parts, score.steps) == ((7,), 32)
    assert score.notes[:, :3].tolist() == NOTES[:3] + [
        [first + 16, last + 16, pitch] for first, last, pitch in NOTES
    ]


def test_files_in_other_wrappings_are_read(read):
    plain = header(1, 7) + chunk(b"XFIH", b"words") + track(*SCALE)
    assert read(plain) == NOTES
    assert read(b"RIFF\0\0\0\0RMIDdata\0\0\0\0" + plain) == NOTES
    assert read(bytes(128) + plain + b"\0junk") == NOTES
    longer = chunk(b"MThd", struct.pack(">HHh", 1, 1, TICKS) + b"more")
    assert read(longer + track(*SCALE, end=False)) == NOTES


def test_drums_are_counted_and_left_out(tmp_path):
    drums = [(0, note(ON, 40, channel=9)), (10, note(OFF, 40, channel=9)), (20, note(ON, 41, channel=9))]
    (tmp_path / "a.mid").write_bytes(header() + track(*sorted([*drums, *SCALE])))
    score = midi.read(tmp_path / "a.mid")
    assert (score.drums, len(score.notes), score.parts) == (2, 4, (4,))
    (tmp_path / "a.mid").write_bytes(header() + track(*drums))
    with pytest.raises(
        InputError, match=r"a.mid holds no notes but 2 of drums \(channel 10\); give a MIDI file"
    ):
        midi.read(tmp_path / "a.mid")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it has no header"),
        (bytes(2000) + header(), "it has no header"),
        (b"MThd\0\0\0\6\0\1", "it breaks off"),
        (header() + track(*SCALE)[:-20], "it breaks off"),
        (header(ticks=0) + track(*SCALE), "it has 0 ticks a beat"),
        (header() + chunk(b"MTrk", b"\0\x90\x3c"), "it breaks off"),
        (header() + chunk(b"MTrk", b"\0\xff\x01\x7fword"), "it breaks off"),
        (header() + chunk(b"MTrk", b"\0\x3c\x50"), "a byte 0x00, which begins no message"),
        (header() + chunk(b"MTrk", b"\0\xf5"), "a byte 0xf5, which begins no message"),
        (header() + chunk(b"MTrk", b"\xff" * 9), "a number of more than four bytes"),
    ],
)
def test_what_is_broken_is_refused_with_the_reason(read, content, reason):
    with pytest.raises(
        InputError, match=rf"a.mid cannot be read as a MIDI file \((it holds )?{reason}\); export"
    ):
        read(content)


@pytest.mark.parametrize("ticks", [-7400, -6136])
def test_frames_of_film_are_refused(read, ticks):
    with pytest.raises(InputError, match="counts time in frames of film, not in beats; write it with ticks"):
        read(header(ticks=ticks) + track(*SCALE))


def test_events_are_those_that_mido_reads(random, tmp_path):
    kinds = (
        "note_on",
        "note_off",
        "control_change",
        "program_change",
        "pitchwheel",
        "aftertouch",
        "polytouch",
    )
    file = mido.MidiFile(type=1, ticks_per_beat=96)
    for _ in range(3):
        messages = [
            mido.Message(str(random.choice(kinds)), channel=int(random.integers(16)), time=int(time))
            for time in random.integers(0, 300, 200) ** 2
        ]
        messages[50:50] = [mido.MetaMessage("lyrics", text="la"), mido.Message("sysex", data=(1, 2, 3))]
        messages = [
            message.copy(
                **{name: int(random.integers(128)) for name in ("note", "velocity") if name in vars(message)}
            )
            for message in messages
        ]
        file.tracks.append(mido.MidiTrack(messages))
    file.save(tmp_path / "a.mid")
    kind, ticks, tracks = read_tracks((tmp_path / "a.mid").read_bytes())
    assert (kind, ticks, len(tracks)) == (1, 96, 3)
    for read, made in zip(tracks, mido.MidiFile(tmp_path / "a.mid").tracks, strict=True):
        now, expected = 0, []
        for message in made:
            now += message.time
            if not message.is_meta and message.type != "sysex":
                data = [*message.bytes(), 0][:3]
                expected.append((now, *data))
        assert read.messages == expected
        assert (read.ticks, read.is_ended) == (now, True)
