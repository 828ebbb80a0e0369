#!/usr/bin/env bash
# Pillow reads a TIFF in color with 16 bits a channel and one plane for each channel as noise, without an error.
#
# Versions: pillow 13.0.0, tifffile 2026.3.3, numpy 2.4.6 (Linux, x86-64), Python 3.11.
# Behavior: the image is opened as RGB, and each plane is decoded as if it had 8 bits: planes of 0x1234 alone come as
#   levels of 0x34 and 0x12. The same pixels stored with the channels side by side are read right, as their upper 8
#   bits, 0x12; so are planes of 8 bits. One would expect the same from planes of 16 bits, or an error.
# What follows: look at BitsPerSample (tag 258) and PlanarConfiguration (tag 284) of a TIFF before you believe its
#   mode, or read it with tifffile, which gives all 16 bits of both.
# Output seen: the three lines at the end.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/python -m pip install --quiet --disable-pip-version-check \
  'pillow==13.0.0' 'tifffile==2026.3.3' 'numpy==2.4.6'
cat > planes.py <<'PYTHON'
import numpy as np
import tifffile
from PIL import Image


def seen(name, planes, **options):
    tifffile.imwrite(f"{name}.tif", planes, photometric="rgb", **options)
    with Image.open(f"{name}.tif") as image:
        levels = np.unique(np.asarray(image))
        print(f"{name}: {image.mode}, levels {' '.join(f'{level:#x}' for level in levels)}")


deep = np.full((4, 6, 3), 0x1234, np.uint16)
seen("16 bits side by side", deep)
seen("8 bits in planes", np.moveaxis((deep >> 8).astype(np.uint8), -1, 0), planarconfig="separate")
seen("16 bits in planes", np.moveaxis(deep, -1, 0), planarconfig="separate")
PYTHON
env/bin/python planes.py | tee seen.txt
diff seen.txt - <<'EXPECTED'
16 bits side by side: RGB, levels 0x12
8 bits in planes: RGB, levels 0x12
16 bits in planes: RGB, levels 0x12 0x34
EXPECTED
