#!/usr/bin/env bash
# Keras looks a layer's weights up in a .keras file by the Python name of its class, not by the name that the
# class is registered under.
#
# Versions: keras 3.15.1, tensorflow-cpu 2.21.0 (Linux, x86-64), Python 3.11.
# Behavior: a layer class registered as "demo>Scale" is saved and loaded in two processes. Where the class is still
#   called Scale, the model loads. Where the class is renamed to Rescaled and stays registered as "demo>Scale", the
#   configuration is understood, but its weights are looked for under "rescaled" and load_model raises a ValueError.
#   One would expect the registered name, which is what survives a rename, to decide about both.
# What follows: a renamed layer that has weights needs its former __name__, or files saved before do not load.
# Output seen: "weights under: ['scale']", "Scale: loaded", "Rescaled: ValueError, expected 1 variables".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/python -m pip install --quiet --disable-pip-version-check 'keras==3.15.1' 'tensorflow-cpu==2.21.0'
cat > renamed.py <<'PYTHON'
import io
import sys
import zipfile

import h5py
import keras


def layer_class(name):
    class Layer(keras.layers.Layer):
        def build(self, shape):
            self.kernel = self.add_weight(shape=(shape[-1],), initializer="ones", name="kernel")

        def call(self, inputs):
            return inputs * self.kernel

    Layer.__name__ = Layer.__qualname__ = name
    return keras.saving.register_keras_serializable("demo", name="Scale")(Layer)


kind = layer_class(sys.argv[2])
if sys.argv[1] == "save":
    keras.Sequential([keras.Input((3,)), kind(name="factor")]).save("model.keras")
    with zipfile.ZipFile("model.keras") as archive:
        weights = h5py.File(io.BytesIO(archive.read("model.weights.h5")))
        print("weights under:", sorted(weights["layers"]))
else:
    try:
        keras.models.load_model("model.keras", safe_mode=True)
        print(f"{kind.__name__}: loaded")
    except ValueError as error:
        told = "expected 1 variables" if "expected 1 variables" in str(error) else str(error)
        print(f"{kind.__name__}: ValueError, {told}")
PYTHON
export TF_CPP_MIN_LOG_LEVEL=3 KERAS_BACKEND=tensorflow KERAS_HOME="$folder/home"
{
  env/bin/python renamed.py save Scale
  env/bin/python renamed.py load Scale
  env/bin/python renamed.py load Rescaled
} 2>/dev/null | tee seen.txt
diff seen.txt - <<'EXPECTED'
weights under: ['scale']
Scale: loaded
Rescaled: ValueError, expected 1 variables
EXPECTED
