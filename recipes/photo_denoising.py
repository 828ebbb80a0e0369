"""Denoise photographs of any size: Gaussian noise of sigma 25 (of 255), gray or color.

    make train RECIPE=photo_denoising                               parts of two photographs, in color
    make train RECIPE=photo_denoising DATA=bsd400 SET="epochs=40"   400 gray photographs, 59 minutes
    make train RECIPE=photo_denoising DATA=bsds500 SET="epochs=15"  400 color photographs
    make evaluate RECIPE=photo_denoising DATA=Set12                 or Set68, CBSD68
    keras-ae restore photo_denoising photo.jpg

850,372 parameters. PSNR and SSIM of whole test images, one run on 2 cores of an AMD EPYC (no GPU, with other
work), seed 0:

    trained on bsd400    noisy       median      non-local means    this
    Set68                20.17 dB    24.89 dB    27.67 dB           29.09 dB    .827
    Set12                20.17 dB    25.45 dB    28.67 dB           30.21 dB    .859

    trained on bsds500   noisy       median      non-local means    this
    CBSD68               20.17 dB    24.90 dB    28.28 dB           30.87 dB    .876

The last row took 17 minutes of CPU time, on one core. The images of CBSD68 have a column and a row less here
than those that published figures (CBM3D 30.71, CDnCNN-B 31.23 dB) are of.

Noise of unknown strength: SET="task.corruption=UnknownGaussian".
"""

from keras_ae.data.images.photos import Photographs
from keras_ae.recipe import Recipe
from keras_ae.tasks.photo_denoising import PhotoDenoising
from keras_ae.variants.skip_connected import SkipConnected

recipe = Recipe(
    data=Photographs(),
    variant=SkipConnected(filters=(64, 64, 64), blocks=2),
    task=PhotoDenoising(),
    default_epochs=4,
    min_steps=1000,
    batch_size=8,
    learning_rate=1.5e-3,
    loss="squared_error",
    lr_warmup_steps=100,
)
