#!/usr/bin/env bash
# The test series of aeon's KDD-TSAD_135 begins with the whole training series.
#
# Versions: aeon 1.3.0 (its files of data), Python 3.11, Linux.
# Behavior: the package ships one series of the UCR anomaly archive as a training file of 1,200 rows and a test file of
#   7,501. The test file is the whole series: its first 1,200 values are those of the training file. The anomaly stands
#   at rows 4,187 to 4,198 of it, as the archive's name for the series says.
# What follows: who joins the two, as with files that follow each other in time, has 1,200 points twice and a jump
#   where they meet, which no label names. And metrics on the whole test file count points that were trained on.
# Output seen: "training 1200 test 7501 equal 1200 anomaly 4187 4198".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --target package 'aeon==1.3.0'
env/bin/python - <<'PYTHON' | tee seen
import csv
from itertools import takewhile
from pathlib import Path

folder = Path("package/aeon/datasets/data/KDD-TSAD_135")
parts = {}
for part in ("TRAIN", "TEST"):
    [file] = folder.glob(f"*_{part}.csv")
    with open(file, newline="") as opened:
        parts[part] = list(csv.DictReader(opened))
both = zip(parts["TRAIN"], parts["TEST"])
equal = sum(1 for _ in takewhile(lambda pair: pair[0]["value"] == pair[1]["value"], both))
anomaly = [index for index, row in enumerate(parts["TEST"]) if row["is_anomaly"] != "0"]
print("training", len(parts["TRAIN"]), "test", len(parts["TEST"]), "equal", equal, "anomaly", anomaly[0], anomaly[-1])
PYTHON
grep -qx "training 1200 test 7501 equal 1200 anomaly 4187 4198" seen
