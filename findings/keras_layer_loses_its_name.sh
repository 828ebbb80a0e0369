#!/usr/bin/env bash
# A Keras layer without a get_config of its own keeps its name in a file only where its __init__ calls the remaining
# keyword arguments **kwargs.
#
# Versions: keras 3.15.1, tensorflow-cpu 2.21.0 (Linux, x86-64), Python 3.11.
# Behavior: Keras writes the configuration of a layer whose arguments are numbers and texts by itself. Two layer
#   classes differ in one word alone, **kwargs and **options, and both are made with name="gain". After a save and a
#   load the first is still called "gain", the second is called after its class, and model.get_layer("gain") raises a
#   ValueError. Nothing is said at the save or at the load.
#   One would expect the name of a catch-all argument not to matter, or a configuration that cannot be written to be
#   refused, as it is for other arguments.
# What follows: write get_config, or call the catch-all argument **kwargs, where layers are looked up by name.
# Output seen: "kwargs: gain", "options: options".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/python -m pip install --quiet --disable-pip-version-check 'keras==3.15.1' 'tensorflow-cpu==2.21.0'
cat > names.py <<'PYTHON'
import keras


@keras.saving.register_keras_serializable("demo")
class Kwargs(keras.layers.Layer):
    def __init__(self, factor, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def call(self, inputs):
        return self.factor * inputs


@keras.saving.register_keras_serializable("demo")
class Options(keras.layers.Layer):
    def __init__(self, factor, **options):
        super().__init__(**options)
        self.factor = factor

    def call(self, inputs):
        return self.factor * inputs


for kind in (Kwargs, Options):
    keras.Sequential([keras.Input((3,)), kind(2.0, name="gain")]).save("model.keras")
    loaded = keras.models.load_model("model.keras", safe_mode=True)
    name = loaded.layers[0].name
    print(f"{kind.__name__.lower()}: {name}")
PYTHON
export TF_CPP_MIN_LOG_LEVEL=3 KERAS_BACKEND=tensorflow KERAS_HOME="$folder/home"
env/bin/python names.py 2>/dev/null | tee seen.txt
diff seen.txt - <<'EXPECTED'
kwargs: gain
options: options
EXPECTED
