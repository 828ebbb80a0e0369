"""Store digits in few bytes: codes of whole numbers, trained for few bits as well as for little error.

    make train RECIPE=compression               5,000 digits, 3 minutes with much other work
    make train RECIPE=compression DATA=mnist SET="epochs=12 augment="
    keras-ae codec compression                  their bytes beside PCA, JPEG and WebP

784-1024-512-64 and back, 2,723,664 parameters. Of little data, digits are shifted, rotated and scaled. Bytes
of a test digit, entropy coded, with the tables and headers of the file. PCA's numbers are quantized and coded
alike, steps and their number chosen for the same mean PSNR on the validation split. One run each, seed 0, on
2 cores of an AMD EPYC (AVX-512, no GPU); mnist took 5 minutes with much other work:

    data        digits    PSNR        this    PCA, components    WebP
    mnist_5k    483       19.94 dB    9.77    16.58, 64          96.86 at 22.69 dB, its lowest quality
    mnist       10,000    21.66 dB    8.08    22.16, 96          96.50 at 22.76 dB
    the same with SET="epochs=12 augment= variant.rate_weight=3e-5":
    mnist       10,000    23.64 dB    14.83   34.25, 128         113.74 at 25.36 dB, quality 1

The decoder takes 5.4 MB: on mnist, codes and decoder take less than PCA's from 365,000 digits on, and less
than WebP's from 62,000. The table after the training compares with 64 unquantized numbers of PCA, which take
256 bytes.
"""

from keras_ae.backbones.dense import DenseBackbone
from keras_ae.data.augmentation.spatial import Rotation, Shift, Zoom
from keras_ae.data.images.mnist import Mnist5k
from keras_ae.recipe import Recipe
from keras_ae.tasks.reconstruction import Reconstruction
from keras_ae.variants.compressive import Compressive

recipe = Recipe(
    data=Mnist5k(),
    variant=Compressive(DenseBackbone(units=(1024, 512)), latent_dim=64, rate_weight=1e-4),
    task=Reconstruction(),
    loss="mse",
    default_epochs=80,
    batch_size=128,
    learning_rate=2e-3,
    lr_warmup_steps=100,
    augment=(Shift(pixels=1), Rotation(degrees=8.0), Zoom(fraction=0.08)),
)
