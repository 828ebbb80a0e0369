#!/usr/bin/env bash
# TensorFlow's kernels on the CPU take subnormal float32 numbers for 0, which NumPy does not.
#
# Versions: tensorflow-cpu 2.21.0, numpy 2.4.6 (Linux, x86-64), Python 3.11.
# Behavior: of x = float32(1e-39), a number below the smallest normal one (1.18e-38), x / x is 1 in NumPy and NaN in
#   TensorFlow, eagerly and in a graph; x * 1 is 0. A constant gives the number back unchanged, so nothing is seen
#   before the first operation. Flushing subnormals is what float32 hardware is often set to, but it turns values that
#   were standardized by a standard deviation of 1e-39 into NaN in the served model alone.
# What follows: what is divided by a scale in a graph needs a scale far above 1e-38, although NumPy gives the right
#   quotients with less.
# Output seen: "numpy: x / x = 1.0, x * 1 = 1e-39", "eager: x / x = nan, x * 1 = 0", "graph: x / x = nan, x * 1 = 0".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/python -m pip install --quiet --disable-pip-version-check 'tensorflow-cpu==2.21.0' 'numpy==2.4.6'
cat > subnormal.py <<'PYTHON'
import numpy as np
import tensorflow as tf


def both(x, one):
    return x / x, x * one


x, one = np.full(20, 1e-39, np.float32), np.float32(1)
ways = {"numpy": both, "eager": both, "graph": tf.function(both)}
for name, function in ways.items():
    values = x if name == "numpy" else tf.constant(x)
    quotient, product = (np.asarray(part)[0] for part in function(values, one))
    print(f"{name}: x / x = {quotient}, x * 1 = {product:.3g}")
PYTHON
export TF_CPP_MIN_LOG_LEVEL=3 CUDA_VISIBLE_DEVICES=
env/bin/python subnormal.py 2>/dev/null | tee seen.txt
diff seen.txt - <<'EXPECTED'
numpy: x / x = 1.0, x * 1 = 1e-39
eager: x / x = nan, x * 1 = 0
graph: x / x = nan, x * 1 = 0
EXPECTED
