#!/usr/bin/env bash
# TensorFlow's gradient of a convolution's kernel is many times slower with oneDNN from about 17 x 17 on.
#
# Versions: tensorflow-cpu 2.21.0, Python 3.11, Linux, an AMD EPYC (AVX2), 2 threads.
# Behavior: Conv2DBackpropFilter of a kernel of 24 x 24, 8 channels to 16, stride 2 on 64 x 64 pixels, takes tens of
#   times as long as with TF_ENABLE_ONEDNN_OPTS=0; that of 16 x 16 about as long. The convolution itself and the
#   gradient of its input are as fast as they should be, so that inference shows nothing of it. A kernel of 64 x 64, 32
#   channels to 64 on 128 x 128 pixels, took more than 13 minutes beside 32 seconds on a machine with other work.
# What follows: a network with kernels of this size seems to hang in its first training step on a CPU. Set
#   TF_ENABLE_ONEDNN_OPTS=0 before TensorFlow is imported.
# Output seen: "16 x 16: 0.0 s with oneDNN, 0.1 s without" and "24 x 24: 2.1 s with oneDNN, 0.2 s without".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/python -m pip install --quiet --disable-pip-version-check 'tensorflow-cpu==2.21.0'
cat > measure.py <<'PYTHON'
import time

import tensorflow as tf

tf.config.threading.set_intra_op_parallelism_threads(2)
for size in (16, 24):
    inputs, gradient = tf.random.normal((1, 64, 64, 8)), tf.random.normal((1, 32, 32, 16))
    times = []
    for _ in range(4):
        begin = time.perf_counter()
        tf.raw_ops.Conv2DBackpropFilter(
            input=inputs, filter_sizes=[size, size, 8, 16], out_backprop=gradient, strides=[1, 2, 2, 1], padding="SAME"
        ).numpy()
        times.append(time.perf_counter() - begin)
    print(min(times))
PYTHON
export TF_CPP_MIN_LOG_LEVEL=3
TF_ENABLE_ONEDNN_OPTS=1 env/bin/python measure.py 2>/dev/null > with
TF_ENABLE_ONEDNN_OPTS=0 env/bin/python measure.py 2>/dev/null > without
paste with without | awk '
  {printf "%d x %d: %.1f s with oneDNN, %.1f s without\n", 8 * NR + 8, 8 * NR + 8, $1, $2; ratio[NR] = $1 / $2}
  END {exit !(ratio[2] > 5 && ratio[2] > 3 * ratio[1])}'
