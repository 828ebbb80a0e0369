"""Enlarge photographs two, three or four times with detail that bicubic enlargement has not.

    make train RECIPE=super_resolution SET="task.scale=2"
    make restore RECIPE=super_resolution INPUT=photo.jpg

Luminance is enlarged by the network, colours bicubically. A photograph of any size goes in.
"""

from keras_ae.data.crops import Cropping
from keras_ae.data.photos import Photographs
from keras_ae.recipe import Recipe
from keras_ae.tasks.super_resolution import SuperResolution
from keras_ae.variants.skip_connected import SkipConnected

recipe = Recipe(
    data=Photographs(Cropping(size=96)),
    variant=SkipConnected(filters=(48,), blocks=6, unshuffle=1),
    task=SuperResolution(scale=2),
    epochs=10,
    batch_size=8,
    learning_rate=1e-3,
    loss="absolute_error",
    warmup=100,
)
