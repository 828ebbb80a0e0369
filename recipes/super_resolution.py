"""Enlarge photographs two, three or four times, with more detail than bicubic enlargement.

    make train RECIPE=super_resolution SET="task.scale=2"               parts of two photographs
    make train RECIPE=super_resolution DATA=bsd400 SET="epochs=27"      400 photographs, 41 minutes
    make evaluate RECIPE=super_resolution DATA=Set5                     or Set14, BSD100
    keras-ae restore super_resolution photo.jpg

The network enlarges luminance; colors are enlarged bicubically. Photographs may have any size. PSNR and SSIM
of luminance without a border as wide as the scale, trained on bsd400, one run each on 2 cores of an AMD EPYC
(AVX2, no GPU, with other work), seed 0:

    scale, test set    bicubic             this
    2, Set5            33.65 dB    .930    37.37 dB    .958
    2, Set14           30.23 dB    .869    32.89 dB    .912
    4, Set5            28.42 dB    .810    31.28 dB    .882
    4, Set14           26.00 dB    .702    27.98 dB    .766

251,620 parameters; at scale 4 SET="task.scale=4 data.cropping.size=128 variant.filters=64 variant.blocks=8
epochs=24", 33 minutes.
"""

from keras_ae.data.images.crops import Cropping
from keras_ae.data.images.photos import Photographs
from keras_ae.recipe import Recipe
from keras_ae.tasks.super_resolution import SuperResolution
from keras_ae.variants.skip_connected import SkipConnected

recipe = Recipe(
    data=Photographs(Cropping(size=96)),
    variant=SkipConnected(filters=(48,), blocks=6, unshuffle=1),
    task=SuperResolution(scale=2),
    default_epochs=4,
    min_steps=1000,
    batch_size=8,
    learning_rate=1e-3,
    loss="absolute_error",
    lr_warmup_steps=100,
)
