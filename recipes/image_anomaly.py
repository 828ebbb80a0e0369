"""Find images that are unlike the normal ones: one class of digits, or a folder `good` beside others.

    make train RECIPE=image_anomaly                              zeros among embedded digits
    make train RECIPE=image_anomaly DATA=parts                   parts/good and parts/scratched, parts/bent
    keras-ae detect image_anomaly parts                          the same, with a report of which are flagged
    make train RECIPE=image_anomaly DATA=mnist SET="data.normal=3"

The anomaly score is the higher of two: the reconstruction error with the distance of the code from those of
normal images, for what is unlike as a whole, and the largest error of a small part, for defects. The detector
also returns a map of the error, pixel by pixel. All ten digits, each as the normal one:

    keras-ae sweep image_anomaly data.normal 0..9 --data mnist --set "epochs=12 min_steps_per_epoch=0"
"""

from keras_ae.backbones.conv2d import ConvBackbone
from keras_ae.data.images.one_class import OneClass
from keras_ae.recipe import Recipe
from keras_ae.tasks.anomaly import Anomaly
from keras_ae.tasks.anomaly_scores import Highest, LargestError, NearestCodes, Reconstruction, Together
from keras_ae.variants.undercomplete import Undercomplete

recipe = Recipe(
    data=OneClass(),
    variant=Undercomplete(ConvBackbone(), latent_dim=8),
    task=Anomaly(Highest(Together(Reconstruction(), NearestCodes()), LargestError())),
    default_epochs=30,
    min_steps_per_epoch=67,
    batch_size=32,
    learning_rate=1e-3,
)
