#!/usr/bin/env bash
# A SavedModel's signature cannot have two inputs whose names differ by case alone, and gives an input called "a-b"
# another name than the function that it is made of.
#
# Versions: tensorflow-cpu 2.21.0 (Linux, x86-64), Python 3.11.
# Behavior: of a tf.function with an input_signature of one dict of TensorSpecs, each named like its key, the names
#   become parameters of a Python function. "A" and "a" are told apart by the dict and by the function, but saving them
#   as a signature raises a ValueError, for nodes of a graph are named without regard to case. "a-b" is saved without
#   an error, and the loaded signature calls it "a_b". "self" is not saved either. One would expect every key to be
#   served as it is, or an error for all that are not.
# What follows: names of columns have to be made into words that differ in lower case too before a function is traced.
# Output seen: see EXPECTED below.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/python -m pip install --quiet --disable-pip-version-check 'tensorflow-cpu==2.21.0'
cat > names.py <<'PYTHON'
import tempfile

import tensorflow as tf

for names in (["a", "b"], ["A", "a"], ["a-b"], ["self"]):
    module = tf.Module()
    specs = {name: tf.TensorSpec((None,), tf.float32, name=name) for name in names}
    module.run = tf.function(lambda columns: {"sum": tf.add_n([*columns.values()])}, input_signature=[specs])
    direct = module.run({name: tf.ones(1) for name in names})["sum"].numpy().tolist()
    try:
        folder = tempfile.mkdtemp(dir=".")
        tf.saved_model.save(module, folder, signatures={"serving_default": module.run})
        served = tf.saved_model.load(folder).signatures["serving_default"]
        saved = f"served as {sorted(served.structured_input_signature[1])}"
    except (TypeError, ValueError) as error:
        saved = type(error).__name__
    print(names, "called:", direct, "saved:", saved)
PYTHON
TF_CPP_MIN_LOG_LEVEL=3 env/bin/python names.py 2>/dev/null | tee seen.txt
diff seen.txt - <<'EXPECTED'
['a', 'b'] called: [2.0] saved: served as ['a', 'b']
['A', 'a'] called: [2.0] saved: ValueError
['a-b'] called: [1.0] saved: served as ['a_b']
['self'] called: [1.0] saved: TypeError
EXPECTED
