#!/usr/bin/env bash
# Pillow writes an animation with fewer frames than it was given: equal ones that follow each other become one.
#
# Versions: pillow 13.0.0, numpy 2.4.6 (Linux, x86-64), Python 3.11.
# Behavior: 16 frames in which an object rests for two frames at a time are saved as GIF, WebP and APNG of 8 frames,
#   whatever `optimize` and `disposal` say; the time of each is the sum (of a WebP after load() alone). A TIFF keeps all 16. If every frame is there
#   twice, all that is left are 8 frames of 200 ms in place of 16 of 100 ms, and nothing tells that there were more.
# What follows: the number of frames and their indices, such as labels of frames, do not survive. Repeat frames by
#   their times in units of the greatest common divisor when you read, and keep the rate beside the file.
# Output seen: the lines at the end.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/python -m pip install --quiet --disable-pip-version-check 'pillow==13.0.0' 'numpy==2.4.6'
cat > frames.py <<'PYTHON'
import numpy as np
from PIL import Image

frames = np.zeros((16, 32, 32), np.uint8)
for time in range(16):
    left = 4 + time // 2
    frames[time, 4:18, left : left + 14] = 200
images = [Image.fromarray(frame) for frame in frames]
settings = {"gif": {}, "gif, disposal 2": {"disposal": 2, "optimize": False}, "webp": {"lossless": True}}
for name, options in {**settings, "png": {}, "tiff": {}}.items():
    kind = name.split(",")[0]
    images[0].save(f"a.{kind}", save_all=True, append_images=images[1:], duration=100, **options)
    with Image.open(f"a.{kind}") as image:
        image.seek(1)
        print(f"{name}: {image.n_frames} of 16 frames, {image.info.get('duration', 'no')} ms the second")
PYTHON
env/bin/python frames.py | tee seen.txt
diff seen.txt - <<'EXPECTED'
gif: 8 of 16 frames, 200 ms the second
gif, disposal 2: 8 of 16 frames, 200 ms the second
webp: 8 of 16 frames, no ms the second
png: 8 of 16 frames, 200.0 ms the second
tiff: 16 of 16 frames, no ms the second
EXPECTED
