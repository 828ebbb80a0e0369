#!/usr/bin/env bash
# soundfile rounds floats down where it writes a WAV of 16 bits, and to the nearest level where it writes a FLAC.
#
# Versions: soundfile 0.14.0 with the libsndfile of its wheel (Linux, x86-64), numpy 2.4.6, Python 3.11.
# Behavior: in a WAV what lies between two levels becomes the lower one, above 0 as below it: errors reach a whole
#   level, not half of one, and noise is half a level lower in the mean. The same floats in a FLAC are rounded.
# What follows: a restored or generated sound gets a small constant offset, a check to half a level fails, and a
#   WAV and a FLAC of the same floats differ. Scale by 32768, round and clip by hand, and give soundfile
#   int16, which it writes as they are.
# Output seen: the lines at the end.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/python -m pip install --quiet --disable-pip-version-check 'soundfile==0.14.0' 'numpy==2.4.6'
cat > levels.py <<'PYTHON'
import numpy as np
import soundfile

wanted = np.array([-100.75, -100.25, -0.75, 0.75, 100.25, 100.75])
for kind in ("WAV", "FLAC"):
    for dtype in ("float32", "float64"):
        soundfile.write(f"a.{kind.lower()}", (wanted / 32768).astype(dtype), 8000, subtype="PCM_16", format=kind)
        levels, _ = soundfile.read(f"a.{kind.lower()}", dtype="int16")
        print(kind, dtype, levels.tolist())
noise = np.random.default_rng(0).uniform(-0.5, 0.5, 100_000)
soundfile.write("b.wav", noise, 8000, subtype="PCM_16")
levels, _ = soundfile.read("b.wav", dtype="int16")
print(f"noise: lower by {np.mean(32768 * noise - levels):.2f} levels in the mean")
PYTHON
env/bin/python levels.py | tee seen.txt
diff seen.txt - <<'EXPECTED'
WAV float32 [-101, -101, -1, 0, 100, 100]
WAV float64 [-101, -101, -1, 0, 100, 100]
FLAC float32 [-101, -100, -1, 1, 100, 101]
FLAC float64 [-101, -100, -1, 1, 100, 101]
noise: lower by 0.50 levels in the mean
EXPECTED
