r"""Color gray photographs: a and b of Lab, predicted from their lightness.

    make train RECIPE=colorization
    keras-ae restore colorization gray.jpg

Two answers: the colors of least error, trained on the mean distance in the plane of a and b, and vivid ones,
the annealed mean of a distribution over colors:

    keras-ae restore colorization gray.jpg --head vivid_restorer
    make train RECIPE=colorization SET="task.temperature=0.2 task.rarity=0.7"    their vividness

The more photographs, the more it learns: take a folder of many, or bsds500, 400 photographs. ab error and
colorfulness, one run each, seed 0, no GPU:

    trained on      test set       no color    mean color    this            vivid           true
    photographs     their parts    12.5        16.4          10.7    16.5    10.1    14.3    13.9
    bsds500         BSD100         16.5        14.7          14.0     8.8    19.4    16.6    18.0

The first takes 76 s on 2 cores of an AMD EPYC, the second 23 minutes of CPU time on one:

    make train RECIPE=colorization DATA=bsds500 SET="data.cropping.size=256 data.cropping.count=1432 \
        epochs=12 task.temperature=0.2 task.rarity=0.9"

There the distribution is broad: by the default temperature and rarity the vivid answer is pale (15.5, 7.0).
These two were chosen on validation photographs (16.6 of 19.6). It is no truer for that: grass and stones stay
brown, and dark parts turn purple.
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
    min_steps=500,
    batch_size=8,
    optimizer="adamw",
    learning_rate=1e-3,
    loss="color_distance",
    lr_warmup_steps=100,
)
