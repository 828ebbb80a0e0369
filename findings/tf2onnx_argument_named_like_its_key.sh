#!/usr/bin/env bash
# tf2onnx renames an input where a tf.function's argument, a dictionary, is called like one of its keys.
#
# Versions: tf2onnx 1.17.0, onnx 1.23.2, tensorflow-cpu 2.21.0 (Linux, x86-64), Python 3.11.
# Behavior: two functions are the same but for the argument's name. With f(named) and a TensorSpec of the name "inputs"
#   under the key "inputs", the ONNX model has an input "inputs". With f(inputs), TensorFlow calls the tensor "inputs" in
#   the graph and "inputs_inputs" in structured_input_signature, and tf2onnx takes the latter, so the model has no input
#   of the name that the TensorSpec gives. One would expect that the name of a parameter of a lambda changes nothing.
# What follows: pass each tensor as an argument of its own (lambda *tensors), which keeps the names of the specs.
# Output seen: "named: ['inputs']", "inputs: ['inputs_inputs']", "*tensors: ['inputs']".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/python -m pip install --quiet --disable-pip-version-check \
  'tensorflow-cpu==2.21.0' 'tf2onnx==1.17.0' 'onnx==1.23.2'
cat > names.py <<'PYTHON'
import tensorflow as tf
import tf2onnx

spec = tf.TensorSpec((None, 3), tf.float32, "inputs")
functions = {
    "named": (lambda named: {"code": named["inputs"] * 2.0}, [{"inputs": spec}]),
    "inputs": (lambda inputs: {"code": inputs["inputs"] * 2.0}, [{"inputs": spec}]),
    "*tensors": (lambda *tensors: {"code": tensors[0] * 2.0}, [spec]),
}
for name, (function, signature) in functions.items():
    model, _ = tf2onnx.convert.from_function(tf.function(function), signature)
    print(f"{name}: {[tensor.name for tensor in model.graph.input]}")
PYTHON
TF_CPP_MIN_LOG_LEVEL=3 env/bin/python names.py 2>errors.txt | tee seen.txt || { tail -5 errors.txt; exit 1; }
diff seen.txt - <<'SEEN'
named: ['inputs']
inputs: ['inputs_inputs']
*tensors: ['inputs']
SEEN
