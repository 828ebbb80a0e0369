#!/usr/bin/env bash
# tf2onnx writes tf.where as products with 0 and 1, so that NaN and infinity come through from the branch not taken.
#
# Versions: tf2onnx 1.17.0, onnx 1.23.2, onnxruntime 1.32.0, tensorflow-cpu 2.21.0 (Linux, x86-64), Python 3.11.
# Behavior: tf.where(x > 0, log(x), 0) is how a logarithm is kept from numbers that have none. TensorFlow gives 0 for
#   them. The ONNX model has no Where but Cast, Mul and Add, and gives NaN: 0 times the NaN or the infinity of the branch
#   that is left out. So for opset 15, tf2onnx's default, and for 18. Where the left-out branch is the input itself, as in
#   tf.where(is_nan(x), 0, x), it writes a Where and is right.
# What follows: a handler of SelectV2 (custom_op_handlers) that writes Where; or a branch that is finite everywhere, such
#   as log(where(x > 0, x, 1)).
# Output seen: as below.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/python -m pip install --quiet --disable-pip-version-check \
  'tensorflow-cpu==2.21.0' 'tf2onnx==1.17.0' 'onnx==1.23.2' 'onnxruntime==1.32.0'
cat > where.py <<'PYTHON'
import numpy as np
import onnxruntime
import tensorflow as tf
import tf2onnx


def kept(x):
    return tf.where(x > 0, tf.math.log(x), 0.0)


x = np.array([1, -1, 0], np.float32)
print(f"TensorFlow: {kept(tf.constant(x)).numpy().tolist()}")
for opset in (15, 18):
    spec = tf.TensorSpec((None,), tf.float32, "x")
    model, _ = tf2onnx.convert.from_function(tf.function(kept), [spec], opset=opset)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    ops = {node.op_type for node in model.graph.node}
    print(f"ONNX, opset {opset}: {session.run(None, {'x': x})[0].tolist()}, Where: {'Where' in ops}")
PYTHON
TF_CPP_MIN_LOG_LEVEL=3 env/bin/python where.py 2>errors.txt | tee seen.txt || { tail -5 errors.txt; exit 1; }
diff seen.txt - <<'SEEN'
TensorFlow: [0.0, 0.0, 0.0]
ONNX, opset 15: [0.0, nan, nan], Where: False
ONNX, opset 18: [0.0, nan, nan], Where: False
SEEN
