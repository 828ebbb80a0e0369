#!/usr/bin/env bash
# constriction decodes with a table whose last digits differ from the encoder's: to other symbols, without an error.
#
# Versions: constriction 0.5.0, NumPy 2.4.6, Python 3.11, Linux.
# Behavior: a message of 5,000 symbols is encoded with a Categorical model of float32 probabilities, and decoded with one
#   whose probabilities are each at most one unit in the last place away, as another machine, batch size or library gives
#   them for the same network. Most of 50 messages come back as other symbols from some position on, to the end. Nothing
#   is raised. Whole counts, which are exact in floats, give all messages back.
# What follows: probabilities that a network computes cannot be the tables of a file. Store whole counts with the file, and
#   a checksum of the symbols.
# Output seen: "garbled: more than half of 50 with float32 tables, 0 of 50 with whole counts; errors: 0".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/python -m pip install --quiet --disable-pip-version-check 'constriction==0.5.0' 'numpy==2.4.6'
env/bin/python - <<'PYTHON' | tee seen
import constriction
import numpy as np

coder, model = constriction.stream.stack.AnsCoder, constriction.stream.model.Categorical
random = np.random.default_rng(0)
garbled, errors = {"floats": 0, "counts": 0}, 0
for _ in range(50):
    probabilities = random.dirichlet(np.ones(30)).astype(np.float32)
    towards = np.where(random.random(30) < 0.5, np.float32(0), np.float32(1))
    other = np.nextafter(probabilities, towards)
    symbols = random.choice(30, 5000, p=probabilities / probabilities.sum(dtype=np.float64)).astype(np.int32)
    counts = np.maximum(1, np.rint(probabilities * 2**16)).astype(np.int64)
    tables = {"floats": (probabilities, other), "counts": (counts.astype(np.float64), counts.astype(np.float64))}
    for kind, (mine, theirs) in tables.items():
        encoder = coder()
        encoder.encode_reverse(symbols, model(mine, perfect=False))
        try:
            found = coder(encoder.get_compressed()).decode(model(theirs, perfect=False), 5000)
            garbled[kind] += bool((found != symbols).any())
        except Exception:
            errors += 1
most = "more than half" if garbled["floats"] > 25 else garbled["floats"]
print(f"garbled: {most} of 50 with float32 tables, {garbled['counts']} of 50 with whole counts; errors: {errors}")
PYTHON
grep -qx "garbled: more than half of 50 with float32 tables, 0 of 50 with whole counts; errors: 0" seen
