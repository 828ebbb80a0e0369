"""Fill holes in photographs: missing pixels, rectangles and strokes; known pixels stay as they are.

    make train RECIPE=inpainting
    keras-ae restore inpainting photo.jpg --mask holes.png

The mask is white where the photograph has holes; without one, fully transparent pixels are filled. The
network corrects a smooth filling, which keeps slopes up to the border. PSNR and SSIM of whole test images
with half of the pixels missing, trained on bsd400, one run on 2 cores of an AMD EPYC (AVX2, no GPU, with
other work), 40 minutes, seed 0, 148,865 parameters, on fillings that were level at the border:

    make train RECIPE=inpainting DATA=bsd400 SET="task.holes=MissingPixels(rate=0.5) variant.filters=32
        variant.blocks=8 data.cropping.size=32 data.cropping.count=8000 batch_size=16 epochs=20"

            biharmonic          this
    Set12   31.17 dB    .933    33.89 dB    .951
    Set68   30.39 dB    .916    32.10 dB    .932
"""

from keras_ae.data.images.photos import Photographs
from keras_ae.recipe import Recipe
from keras_ae.tasks.inpainting import Inpainting
from keras_ae.variants.skip_connected import SkipConnected

recipe = Recipe(
    data=Photographs(),
    variant=SkipConnected(filters=(32, 48, 64, 96), blocks=2, unshuffle=1, shortcut="kept"),
    task=Inpainting(),
    default_epochs=4,
    min_steps=1000,
    batch_size=8,
    learning_rate=1e-3,
    loss="squared_error",
    lr_warmup_steps=100,
)
