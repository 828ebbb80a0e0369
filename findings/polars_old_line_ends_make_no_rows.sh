#!/usr/bin/env bash
# polars.read_csv gives no rows, and the file's values as names of columns, where lines end in a carriage return alone.
#
# Versions: polars 2.1.0; beside it pandas 3.1.1 and pyarrow 26.0.1, Python 3.11, Linux.
# Behavior: such files still come from instruments, and from Excel's "CSV (Macintosh)". pandas and pyarrow read their
#   rows. polars takes the whole file for its header: a table without rows, whose columns are called
#   "T\r2024-01-01", ..., and no error or warning.
# What follows: check that there are rows, or read such files by another library.
# Output seen: "pandas 3 rows", "pyarrow 3 rows", "polars 0 rows, second column 'T\r2024-01-01'".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/python -m pip install --quiet --disable-pip-version-check 'pandas==3.1.1' 'pyarrow==26.0.1' 'polars==2.1.0'
printf 'time,T\r2024-01-01,1\r2024-01-02,2\r2024-01-03,3\r' > rows.csv
env/bin/python - > seen.txt <<'PYTHON'
import warnings

import pandas as pd
import polars as pl
import pyarrow.csv

warnings.simplefilter("error")
print("pandas", len(pd.read_csv("rows.csv")), "rows")
print("pyarrow", pyarrow.csv.read_csv("rows.csv").num_rows, "rows")
table = pl.read_csv("rows.csv")
print(f"polars {len(table)} rows, second column {table.columns[1]!r}")
PYTHON
cat seen.txt
diff seen.txt - <<'EXPECTED'
pandas 3 rows
pyarrow 3 rows
polars 0 rows, second column 'T\r2024-01-01'
EXPECTED
