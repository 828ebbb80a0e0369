"""Give grey photographs colours, learned as a and b of Lab from their lightness.

    make train RECIPE=colorization
    make restore RECIPE=colorization INPUT=grey.jpg

Vivid colours, which are rare, weigh more in the loss than grey ones.
"""

from keras_ae.data.photos import Photographs
from keras_ae.recipe import Recipe
from keras_ae.tasks.colorization import Colorization
from keras_ae.variants.skip_connected import SkipConnected

recipe = Recipe(
    data=Photographs(),
    variant=SkipConnected(filters=(64, 96, 128), unshuffle=4, shortcut="none"),
    task=Colorization(),
    epochs=4,
    batch_size=8,
    learning_rate=2e-4,
    loss="vivid_squared_error",
    warmup=100,
)
