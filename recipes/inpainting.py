"""Fill holes in photographs: missing pixels, rectangles and strokes; what is known stays untouched.

    make train RECIPE=inpainting
    make restore RECIPE=inpainting INPUT=photo.jpg MASK=holes.png

The mask is white where the photograph has holes; without one, what is fully transparent is filled. 1,201,668
parameters. Half of the pixels missing, trained on bsd400 for 32 minutes, Set12 (PSNR and SSIM), one run on
2 cores of an AMD EPYC (AVX2, no GPU, other work beside), seed 0:

    make train RECIPE=inpainting DATA=bsd400 SET="task.holes=MissingPixels(rate=0.5) epochs=22"

    linear interpolation    29.95 dB    .921
    biharmonic              31.08 dB    .933
    this                    31.59 dB    .930
"""

from keras_ae.data.photos import Photographs
from keras_ae.recipe import Recipe
from keras_ae.tasks.inpainting import Inpainting
from keras_ae.variants.skip_connected import SkipConnected

recipe = Recipe(
    data=Photographs(),
    variant=SkipConnected(filters=(64, 64, 64, 64), blocks=2, shortcut="kept"),
    task=Inpainting(),
    epochs=4,
    batch_size=8,
    learning_rate=1e-3,
    loss="squared_error",
    warmup=100,
)
