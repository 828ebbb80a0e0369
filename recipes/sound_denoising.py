"""Denoise sounds of any length: a network of the spectrum that masks what is noise."""

from keras_ae.data.sound.generated import GeneratedSounds
from keras_ae.recipe import Recipe
from keras_ae.tasks.sound_denoising import SoundDenoising
from keras_ae.variants.spectral_mask import SpectralMask

recipe = Recipe(
    data=GeneratedSounds(),
    variant=SpectralMask(),
    task=SoundDenoising(),
    default_epochs=24,
    min_steps=3000,
    batch_size=8,
    learning_rate=1.5e-3,
    loss="negative_sdr",
    lr_warmup_steps=100,
)
