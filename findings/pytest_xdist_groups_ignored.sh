#!/usr/bin/env bash
# pytest-xdist's --dist loadgroup takes no notice of xdist_group marks under pytest 9.2.
#
# Versions: pytest 9.2.0 and 9.0.2, pytest-xdist 3.8.0 (the newest of November 2026), Python 3.11, Linux.
# Behavior: two groups of eight tests are run by two workers. Under pytest 9.0.2 each group stays on one worker, as
#   documented. Under pytest 9.2.0 both groups are spread over both workers, without a warning: the mark is read, but
#   the group is written to an attribute of the test that pytest no longer reads its name from.
# What follows: fixtures that a group shares are built on every worker. --dist loadfile, which needs no marks, keeps
#   a file's tests on one worker under both.
# Output seen: "9.0.2 loadgroup: 1 worker a group", "9.2.0 loadgroup: 2 workers a group",
#   "9.2.0 loadfile: 1 worker a file".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
for name in first second; do
  cat > "test_$name.py" <<PYTHON
import os
import time

import pytest


@pytest.mark.xdist_group("$name")
@pytest.mark.parametrize("number", range(8))
def test_$name(number):
    time.sleep(0.2)
    with open("$name.workers", "a") as workers:
        workers.write(os.environ["PYTEST_XDIST_WORKER"] + "\n")
PYTHON
done
workers() {
  rm -f ./*.workers
  env/bin/python -m pytest -q -n 2 --dist "$2" -p no:cacheprovider >/dev/null
  most=$(for file in *.workers; do sort -u "$file" | wc -l; done | sort -n | tail -1)
  echo "$1 $2: $most $([ "$most" = 1 ] && echo worker || echo workers) a ${2#load}"
}
python3 -m venv env
for version in 9.0.2 9.2.0; do
  env/bin/python -m pip install --quiet --disable-pip-version-check "pytest==$version" 'pytest-xdist==3.8.0'
  workers "$version" loadgroup
done | tee seen.txt
workers 9.2.0 loadfile | tee -a seen.txt
diff seen.txt - <<'EXPECTED'
9.0.2 loadgroup: 1 worker a group
9.2.0 loadgroup: 2 workers a group
9.2.0 loadfile: 1 worker a file
EXPECTED
