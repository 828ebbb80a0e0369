"""Classify digits with few labels, by an encoder that was trained without any.

    make train RECIPE=features
    make train RECIPE=classification SET="warm_start=features freeze=true task.labels=100"

The first command trains an encoder without labels, the second a classifier of its codes with 100 of them, and
with 100 more to validate on: the layers of the same name and shape begin with the weights of the run, and the
encoder stays as it is. With thaw_after=20 it is trained too after 20 epochs, at a tenth of the learning rate;
thaw_rate=0.3 is another fraction. warm_start also takes a run's folder, or a Keras file of another model
(.keras, .weights.h5, or .h5 as keras.applications has them).

The head `classifier` gives probabilities, calibrated by a temperature on the validation split (Guo et al.
2017); the table has the accuracy and the expected calibration error on test digits, beside the largest class
and a logistic regression on the pixels with the same labels.

Without a warm start, encoder, decoder and classifier learn together, from all labels:

    make train RECIPE=classification
"""

from keras_ae.backbones.conv2d import ConvBackbone
from keras_ae.data.images.mnist import Mnist5k
from keras_ae.recipe import Recipe
from keras_ae.tasks.classification import Classification
from keras_ae.variants.variational import Variational

recipe = Recipe(
    data=Mnist5k(),
    variant=Variational(
        ConvBackbone(filters=(16, 32, 64), down="average_pool", smallest=4),
        latent_dim=32,
    ),
    task=Classification(reconstruction_weight=0.01),
    default_epochs=20,
    batch_size=64,
    learning_rate=2e-3,
    lr_warmup_steps=100,
)
