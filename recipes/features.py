"""Codes as features: what 32 numbers are worth to classifiers, with many labels and with few.

    make train RECIPE=features                  5,000 digits
    make train RECIPE=features DATA=mnist SET="epochs=30 task.label_sets=10"

A convolutional variational autoencoder is trained without labels. Then the table has the test accuracy of a
linear probe (logistic regression) and of nearest neighbors on its codes, on as many principal components and
on the pixels, with 10, 100, 1,000 and all labels, each but the last averaged over several random sets that
are balanced over the classes; and that of the encoder's layers, trained on the labels alone. Scaling,
regularization and number of neighbors are chosen on the validation split, or with few labels by
cross-validation among those. The run's folder has the charts as curves.html, and so has TensorBoard.

Linear probe on 3,000 validation digits after 6 epochs of 20,000, with leaky_relu, one run each, seed 0:

    this                                                              .955
    without the noise, variant=Undercomplete(backbone=...)            .946

With dense layers, 10 epochs of mnist_5k, 3 sets: 77.2 % right with 100 labels; pixels 71.6, PCA 72.5.

What the output of each layer is worth: `keras-ae probe features`. Codes of any layer for another program:
`keras-ae encode features photos/ --layer encoder_conv_3 --pool mean --output codes.npy`.
"""

from keras_ae.backbones.conv2d import ConvBackbone
from keras_ae.data.images.mnist import Mnist5k
from keras_ae.recipe import Recipe
from keras_ae.tasks.features import Features
from keras_ae.variants.variational import Variational

recipe = Recipe(
    data=Mnist5k(),
    variant=Variational(
        ConvBackbone(filters=(16, 32, 64), down="average_pool", smallest=4),
        latent_dim=32,
    ),
    task=Features(),
    default_epochs=20,
    batch_size=64,
    learning_rate=2e-3,
    lr_warmup_steps=100,
)
