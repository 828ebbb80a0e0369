#!/usr/bin/env bash
# tf2onnx turns tf.scatter_nd, which sums the updates of equal indices, into a scatter that keeps one of them.
#
# Versions: tf2onnx 1.17.0, onnx 1.23.2, onnxruntime 1.32.0, tensorflow-cpu 2.21.0 (Linux, x86-64), Python 3.11.
# Behavior: tf.scatter_nd adds up what goes to one index, as overlapping windows are added up to a series. The ONNX model
#   has a ScatterND without a reduction, for opset 15, tf2onnx's default, and for 18, where reduction="add" exists. One of
#   the updates is left, without a warning.
# What follows: a handler of ScatterNd (custom_op_handlers) that writes ScatterND with reduction="add", from opset 16 on.
# Output seen: as below.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/python -m pip install --quiet --disable-pip-version-check \
  'tensorflow-cpu==2.21.0' 'tf2onnx==1.17.0' 'onnx==1.23.2' 'onnxruntime==1.32.0'
cat > scatter.py <<'PYTHON'
import numpy as np
import onnxruntime
import tensorflow as tf
import tf2onnx


def overlap(x):
    return tf.scatter_nd([[0], [1], [1], [2]], x, [3])


x = np.array([1, 2, 4, 8], np.float32)
print(f"TensorFlow: {overlap(tf.constant(x)).numpy().tolist()}")
for opset in (15, 18):
    spec = tf.TensorSpec((4,), tf.float32, "x")
    model, _ = tf2onnx.convert.from_function(tf.function(overlap), [spec], opset=opset)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    print(f"ONNX, opset {opset}: {session.run(None, {'x': x})[0].tolist()}")
PYTHON
TF_CPP_MIN_LOG_LEVEL=3 env/bin/python scatter.py 2>errors.txt | tee seen.txt || { tail -5 errors.txt; exit 1; }
diff seen.txt - <<'SEEN'
TensorFlow: [1.0, 6.0, 8.0]
ONNX, opset 15: [1.0, 4.0, 8.0]
ONNX, opset 18: [1.0, 4.0, 8.0]
SEEN
