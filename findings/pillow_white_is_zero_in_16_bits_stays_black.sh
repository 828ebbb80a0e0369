#!/usr/bin/env bash
# Pillow inverts a gray TIFF whose white is 0 if it has 8 bits, and does not if it has 16.
#
# Versions: pillow 13.0.0, tifffile 2026.3.3, numpy 2.4.6 (Linux, x86-64), Python 3.11.
# Behavior: PhotometricInterpretation 0 (tag 262, WhiteIsZero) says that 0 stands for white. An image of zeros is
#   read as 255, white, where it has 8 bits, and as 0 in mode I;16 where it has 16, which all that follows takes for
#   black. One would expect the same image in both depths.
# What follows: in modes of more than 8 bits, look at the tag and invert the values yourself.
# Output seen: the two lines at the end.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/python -m pip install --quiet --disable-pip-version-check \
  'pillow==13.0.0' 'tifffile==2026.3.3' 'numpy==2.4.6'
cat > white.py <<'PYTHON'
import numpy as np
import tifffile
from PIL import Image

for dtype in (np.uint8, np.uint16):
    tifffile.imwrite("white.tif", np.zeros((4, 4), dtype), photometric="miniswhite")
    with Image.open("white.tif") as image:
        print(f"{np.dtype(dtype)}: tag 262 is {image.tag_v2[262]}, {image.mode}, level {np.asarray(image).max()}")
PYTHON
env/bin/python white.py | tee seen.txt
diff seen.txt - <<'EXPECTED'
uint8: tag 262 is 0, L, level 255
uint16: tag 262 is 0, I;16, level 0
EXPECTED
