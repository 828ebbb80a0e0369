#!/usr/bin/env bash
# mido reads no note of a MIDI file in which one event without sound holds what it does not expect.
#
# Versions: mido 1.3.3, Python 3.11.
# Behavior: mido.MidiFile(clip=True), which is there for files with values out of range, decodes every meta event as it
#   reads. A key of eight sharps, a tempo of no bytes or an unknown frame rate raises, an error of another class each
#   time, and no argument has the event passed over. One would expect the notes, since clip=True takes what is out of
#   range elsewhere, and events without sound matter to no note.
# What follows: whoever reads folders of files of others loses some of them for an event that has no sound.
# Output seen: see EXPECTED below.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/python -m pip install --quiet --disable-pip-version-check 'mido==1.3.3'
cat > odd.py <<'PYTHON'
import io
import struct

import mido

NOTES = bytes([0, 0x90, 60, 80, 96, 0x80, 60, 0, 0, 0xFF, 0x2F, 0])
EVENTS = {
    "a known key": bytes([0, 0xFF, 0x59, 2, 0, 0]),
    "a key of eight sharps": bytes([0, 0xFF, 0x59, 2, 8, 0]),
    "a tempo of no bytes": bytes([0, 0xFF, 0x51, 0]),
    "an unknown frame rate": bytes([0, 0xFF, 0x54, 5, 0xFF, 0, 0, 0, 0]),
}
for name, event in EVENTS.items():
    track = event + NOTES
    content = b"MThd" + struct.pack(">IHHH", 6, 0, 1, 96) + b"MTrk" + struct.pack(">I", len(track)) + track
    try:
        read = mido.MidiFile(file=io.BytesIO(content), clip=True)
        found = sum(message.type == "note_on" for message in read.tracks[0])
    except Exception as error:
        found = type(error).__name__
    print(f"{name}: {found}")
PYTHON
env/bin/python odd.py | tee seen.txt
diff seen.txt - <<'EXPECTED'
a known key: 1
a key of eight sharps: KeySignatureError
a tempo of no bytes: IndexError
an unknown frame rate: KeyError
EXPECTED
