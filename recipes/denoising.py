"""Denoise images with a convolutional autoencoder: corrupted digits in, clean digits out.

    make train RECIPE=denoising                 5,000 digits, 51 s of training
    make train RECIPE=denoising DATA=mnist      60,000 digits, 12 minutes of training

Gaussian noise of sigma 0.4, a code of 64 numbers, 356,564 parameters. On test digits, one run each on
2 cores of an AMD EPYC (AVX2, no GPU), seed 0; PSNR is the mean of the images' own:

    data        noisy       linear      this        cross-entropy (excess)    SSIM
    mnist_5k    11.00 dB    18.44 dB    20.43 dB    .0931 (.0342)             .877
    mnist       11.00 dB    18.96 dB    22.19 dB    .0814 (.0233)             .918
"""

from keras_ae.backbones.conv2d import ConvBackbone
from keras_ae.data.images.mnist import Mnist5k
from keras_ae.recipe import Recipe
from keras_ae.tasks.corruption import Gaussian
from keras_ae.tasks.restoration import Denoising
from keras_ae.variants.undercomplete import Undercomplete

recipe = Recipe(
    data=Mnist5k(),
    variant=Undercomplete(ConvBackbone(filters=(24, 48)), latent_dim=64, linear_below=4000),
    task=Denoising(Gaussian(sigma=0.4)),
    default_epochs=32,
    batch_size=64,
    learning_rate=2e-3,
    lr_warmup_steps=100,
)
