#!/usr/bin/env bash
# A histogram summary takes 240 bytes of memory for each number that is counted.
#
# Versions: tensorboard 2.21.0, tensorflow-cpu 2.21.0, keras 3.15.1, Python 3.11.
# Behavior: tf.summary.histogram counts by a one-hot matrix of 64-bit floats, one row of 30 buckets for each value, and
#   sums it: for a kernel of 2,000,000 weights, of 8 MB itself, over 450 MB. keras.callbacks.TensorBoard with
#   histogram_freq=1 does so for each weight at the end of each epoch. numpy.histogram gives the same counts.
# What follows: the peak of a training's memory may be its histograms. Count with numpy.histogram, and write the (30, 3)
#   array of edges and counts by tf.summary.write with the histogram plugin's metadata: TensorBoard shows the same.
# Output seen: "tf.summary.histogram: more than 400 MB: True", "numpy.histogram: more than 100 MB: False",
#   "the same counts: True".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/python -m pip install --quiet --disable-pip-version-check 'tensorflow-cpu==2.21.0' 'tensorboard==2.21.0' \
  'keras==3.15.1'
cat > histogram.py <<'PYTHON'
import resource

import numpy as np
import tensorflow as tf
from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer
from tensorboard.plugins.histogram.metadata import create_summary_metadata


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


kernel = np.random.default_rng(0).normal(size=(2000, 1000)).astype(np.float32)
tensor, writer = tf.constant(kernel), tf.summary.create_file_writer("log")
with writer.as_default(step=0):
    tf.summary.histogram("warm", tensor[:2])
    before = peak()
    counts, edges = np.histogram(kernel, 30)
    buckets = np.stack([edges[:-1], edges[1:], counts], axis=1)
    tf.summary.write("by_numpy", buckets, metadata=create_summary_metadata(None, None))
    middle = peak()
    tf.summary.histogram("by_tensorboard", tensor)
    after = peak()
writer.close()
print("tf.summary.histogram: more than 400 MB:", after - middle > 400)
print("numpy.histogram: more than 100 MB:", middle - before > 100)
events = EventMultiplexer().AddRun("log", "log").Reload()
own, theirs = (
    tf.make_ndarray(events.Tensors("log", tag)[0].tensor_proto) for tag in ("by_numpy", "by_tensorboard")
)
# a value on an edge may fall on either side in another precision
print("the same counts:", bool(np.abs(own - theirs)[:, 2].max() <= 2))
PYTHON
export TF_CPP_MIN_LOG_LEVEL=3 CUDA_VISIBLE_DEVICES=
env/bin/python histogram.py 2>/dev/null | tee seen.txt
diff seen.txt - <<'EXPECTED'
tf.summary.histogram: more than 400 MB: True
numpy.histogram: more than 100 MB: False
the same counts: True
EXPECTED
