"""Encode."""

from keras_ae.backbones.sequence import SequenceBackbone
from keras_ae.data.sequences.digit_paths import DigitPaths
from keras_ae.recipe import Recipe
from keras_ae.tasks.reconstruction import Reconstruction
from keras_ae.variants.undercomplete import Undercomplete

recipe = Recipe(
    data=DigitPaths(),
    variant=Undercomplete(SequenceBackbone((64, 64), kernel_size=5, hidden=256), latent_dim=8),
    task=Reconstruction(),
    default_epochs=40,
    min_steps=1500,
    batch_size=64,
    learning_rate=2e-3,
)
