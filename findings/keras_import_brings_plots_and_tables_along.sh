#!/usr/bin/env bash
# `import keras` imports matplotlib.pyplot, scikit-learn, pandas and scipy.stats wherever they are installed.
#
# Versions: keras 3.15.1, tensorflow-cpu 2.21.0, matplotlib 3.11.2, pandas 3.1.1, scikit-learn 1.9.1, Python 3.11.
# Behavior: Keras asks for none of them, but keras.visualization, the adapters of `fit` and keras.wrappers try to import
#   them at the top of their modules, so that each program that imports Keras (or TensorFlow, which imports Keras) pays
#   for them where some other package of the environment needs them: over 1,000 more modules, more than a quarter of
#   the time of `import tensorflow, keras`, and over 80 MB of memory. They can be kept out by an entry None in
#   sys.modules during the import; Keras's plots and wrappers then say that the packages are missing.
# What follows: measure the import of Keras in the environment of production, and not in a bare one; what is imported
#   lazily in a program's own modules gains nothing as long as Keras imports it first.
# Output seen: "kept out: none of them imported", "as installed: matplotlib.pyplot, pandas, scipy.stats, sklearn",
#   "more than 1,000 further modules: True", "more than 80 MB: True".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/python -m pip install --quiet --disable-pip-version-check 'tensorflow-cpu==2.21.0' 'keras==3.15.1' \
  'matplotlib==3.11.2' 'pandas==3.1.1' 'scikit-learn==1.9.1'
cat > import_keras.py <<'PYTHON'
import json
import resource
import sys

for name in sys.argv[1:]:
    sys.modules[name] = None
import keras  # noqa: E402, F401
import tensorflow  # noqa: E402, F401

found = [name for name in ("matplotlib.pyplot", "pandas", "scipy.stats", "sklearn") if sys.modules.get(name)]
print(json.dumps([found, len(sys.modules), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
PYTHON
export TF_CPP_MIN_LOG_LEVEL=3 CUDA_VISIBLE_DEVICES=
env/bin/python import_keras.py matplotlib pandas sklearn 2>/dev/null > without.json
env/bin/python import_keras.py 2>/dev/null > with.json
env/bin/python - <<'PYTHON' | tee seen.txt
import json

(none, modules, memory), (found, more_modules, more_memory) = (
    json.load(open(f"{name}.json")) for name in ("without", "with")
)
print("kept out:", ", ".join(none) or "none of them imported")
print("as installed:", ", ".join(found))
print("more than 1,000 further modules:", more_modules - modules > 1000)
print("more than 80 MB:", more_memory - memory > 80)
PYTHON
diff seen.txt - <<'EXPECTED'
kept out: none of them imported
as installed: matplotlib.pyplot, pandas, scipy.stats, sklearn
more than 1,000 further modules: True
more than 80 MB: True
EXPECTED
