#!/usr/bin/env bash
# pandas.read_csv(thousands=".", decimal=",") reads 12.5 as 125, and the date 01.02.2024 as the number 1022024.
#
# Versions: pandas 3.1.1, Python 3.11, Linux; both engines, c and python.
# Behavior: the mark between thousands is removed wherever it stands, whether three digits follow or not, in every
#   column. One value with a decimal point in a file of decimal commas becomes ten times as large, a column of dates
#   becomes one of whole numbers, and no warning tells either. read_csv(thousands=",") reads "1,2,3" as 123 likewise.
# What follows: where a file has marks between thousands, read its cells as text, check the groups, then convert.
# Output seen: "c [1250.5, 125.0] [1022024, 2022024]", "python [1250.5, 125.0] [1022024, 2022024]".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/python -m pip install --quiet --disable-pip-version-check 'pandas==3.1.1'
printf 'value;date\n1.250,5;01.02.2024\n12.5;02.02.2024\n' > german.csv
env/bin/python - > seen.txt <<'PYTHON'
import warnings

import pandas as pd

warnings.simplefilter("error")
for engine in ("c", "python"):
    table = pd.read_csv("german.csv", sep=";", decimal=",", thousands=".", engine=engine)
    print(engine, table["value"].tolist(), table["date"].tolist())
PYTHON
cat seen.txt
diff seen.txt - <<'EXPECTED'
c [1250.5, 125.0] [1022024, 2022024]
python [1250.5, 125.0] [1022024, 2022024]
EXPECTED
