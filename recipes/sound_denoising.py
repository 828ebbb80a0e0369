"""Denoise sounds of any length: a network of the spectrum that masks what is noise."""

from keras_ae.data.sound.generated import GeneratedSounds
from keras_ae.recipe import Recipe
from keras_ae.tasks.sound_denoising import SoundDenoising
from keras_ae.variants.spectral_mask import SpectralMask

recipe = Recipe(
    data=GeneratedSounds(),
    variant=SpectralMask(),
    task=SoundDenoising(),
    default_epochs=30,
    min_steps=0,
    batch_size=16,
    learning_rate=2e-3,
    loss="negative_sdr",
    lr_warmup_steps=100,
)
