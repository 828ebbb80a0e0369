"""Denoise photographs of any size: Gaussian noise of sigma 25 (of 255), grey or colour.

make train RECIPE=photo_denoising
"""

from keras_ae.data.photos import Photographs
from keras_ae.recipe import Recipe
from keras_ae.tasks.photo_denoising import PhotoDenoising
from keras_ae.variants.skip_connected import SkipConnected

recipe = Recipe(
    data=Photographs(),
    variant=SkipConnected(filters=(64, 64, 64), blocks=1),
    task=PhotoDenoising(),
    epochs=10,
    batch_size=8,
    learning_rate=2e-3,
    loss="squared_error",
    warmup=100,
)
