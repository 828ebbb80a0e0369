#!/usr/bin/env bash
# tf2onnx rounds quotients of negative whole numbers towards 0, and so gives other remainders than TensorFlow.
#
# Versions: tf2onnx 1.17.0, onnx 1.23.2, onnxruntime 1.32.0, tensorflow-cpu 2.21.0 (Linux, x86-64), Python 3.11.
# Behavior: TensorFlow's x // y and x % y round down, as Python's do. In the ONNX model x // y of int32 or int64 becomes
#   Div, which rounds towards 0, and x % y becomes x - Div(x, y) * y. For floats a Floor follows, and both are right. No
#   warning is given, and a model that is tried on sizes that divide evenly shows nothing: -n % 64, the samples that are
#   missing to the next multiple of 64, becomes -(n % 64), so that a padding to it cuts instead.
# What follows: handlers of FloorMod and FloorDiv (custom_op_handlers) with ONNX's Mod, whose sign is the divisor's, and a
#   comparison at a size that does not divide.
# Output seen: as below.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/python -m pip install --quiet --disable-pip-version-check \
  'tensorflow-cpu==2.21.0' 'tf2onnx==1.17.0' 'onnx==1.23.2' 'onnxruntime==1.32.0'
cat > floors.py <<'PYTHON'
import numpy as np
import onnxruntime
import tensorflow as tf
import tf2onnx

functions = {
    "-5 // 3": lambda x: x // 3,
    "-5 % 3": lambda x: x % 3,
}
for dtype in (np.int32, np.int64, np.float32):
    for name, function in functions.items():
        spec = tf.TensorSpec((1,), dtype, "x")
        model, _ = tf2onnx.convert.from_function(tf.function(lambda x: function(x)), [spec])
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        x = np.array([-5], dtype)
        [there], here = session.run(None, {"x": x}), function(tf.constant(x)).numpy()
        print(f"{np.dtype(dtype).name} {name}: TensorFlow {here[0]:g}, ONNX {there[0]:g}")
PYTHON
TF_CPP_MIN_LOG_LEVEL=3 env/bin/python floors.py 2>errors.txt | tee seen.txt || { tail -5 errors.txt; exit 1; }
diff seen.txt - <<'SEEN'
int32 -5 // 3: TensorFlow -2, ONNX -1
int32 -5 % 3: TensorFlow 1, ONNX -2
int64 -5 // 3: TensorFlow -2, ONNX -1
int64 -5 % 3: TensorFlow 1, ONNX -2
float32 -5 // 3: TensorFlow -2, ONNX -2
float32 -5 % 3: TensorFlow 1, ONNX 1
SEEN
