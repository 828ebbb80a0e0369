"""Fill holes in photographs: missing pixels, rectangles and strokes; what is known stays untouched.

    make train RECIPE=inpainting
    make restore RECIPE=inpainting INPUT=photo.jpg MASK=holes.png

The mask is white where the photograph has holes; without one, what is fully transparent is filled.
"""

from keras_ae.data.photos import Photographs
from keras_ae.recipe import Recipe
from keras_ae.tasks.inpainting import Inpainting
from keras_ae.variants.skip_connected import SkipConnected

recipe = Recipe(
    data=Photographs(),
    variant=SkipConnected(filters=(64, 64, 64, 64), blocks=1, shortcut="kept"),
    task=Inpainting(),
    epochs=10,
    batch_size=8,
    learning_rate=1e-3,
    loss="squared_error",
    warmup=100,
)
