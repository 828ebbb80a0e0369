#!/usr/bin/env bash
# pandas.to_datetime(..., format="mixed") reads "Jan-24", as spreadsheets write January 2024, as 24 January of the
# year 1, without a warning, also with errors="coerce".
#
# Versions: pandas 3.1.1, numpy 2.4.6 (Linux, x86-64), Python 3.11.
# Behavior: a text of a month and a number of two digits counts as month and day; the year that is missing becomes 1.
#   Since pandas 3 keeps microseconds, such a time is in range, where nanoseconds had refused it. "Jan-32" is
#   January 2032, so one column of months of several years holds both. One would expect an error, NaT or one reading.
# What follows: months such as Jan-24 need format="%b-%y", and a range of the years found is worth a check.
# Output seen: as expected below.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/python -m pip install --quiet --disable-pip-version-check 'pandas==3.1.1' 'numpy==2.4.6'
cat > months.py <<'PYTHON'
import warnings

import pandas

warnings.simplefilter("error")
months = ["Dec-23", "Jan-24", "Jan-32"]
print("mixed: ", list(pandas.to_datetime(months, format="mixed", errors="coerce").strftime("%Y-%m-%d")))
print("%b-%y: ", list(pandas.to_datetime(months, format="%b-%y").strftime("%Y-%m-%d")))
PYTHON
env/bin/python months.py | tee seen.txt
diff seen.txt - <<'EXPECTED'
mixed:  ['0001-12-23', '0001-01-24', '2032-01-01']
%b-%y:  ['2023-12-01', '2024-01-01', '2032-01-01']
EXPECTED
