r"""Color gray photographs: a and b of Lab, predicted from their lightness.

    make train RECIPE=colorization
    keras-ae restore colorization gray.jpg

Vivid colors, which are rare, weigh more in the loss than gray ones. The more photographs, the more it learns:
take a folder of many. ab error and colorfulness, one run each on 2 cores of an AMD EPYC (AVX2, no GPU, with
other work), 3 minutes and 1, seed 0:

    trained on              test set         no color    mean color    this            true
    photographs (two)       their parts      12.5         16.4           12.2    19.4    13.9
    scikit_photographs      BSD100           16.5         19.7           25.5    17.0    18.0

    make train RECIPE=colorization DATA=scikit_photographs \
        SET="epochs=3 data.cropping.count=1024 lr_warmup_steps=50"
"""

from keras_ae.data.images.crops import Cropping
from keras_ae.data.images.photos import Photographs
from keras_ae.recipe import Recipe
from keras_ae.tasks.colorization import Colorization
from keras_ae.variants.color_distribution import ColorDistribution

recipe = Recipe(
    data=Photographs(Cropping(size=128, count=512, rotate=False)),
    variant=ColorDistribution(),
    task=Colorization(),
    default_epochs=9,
    min_steps=600,
    batch_size=8,
    optimizer="adamw",
    learning_rate=1e-3,
    loss="color_distance",
    lr_warmup_steps=100,
)
