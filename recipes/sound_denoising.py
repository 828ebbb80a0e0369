"""Denoise sounds of any length: a network of a sound's spectrum that masks what is noise.

    make train RECIPE=sound_denoising                        generated sounds, a demonstration
    make train RECIPE=sound_denoising DATA=fsdd              spoken digits, 24 epochs
    make train RECIPE=sound_denoising DATA=folder/of/sounds  WAV, FLAC, OGG, AIFF, MP3; read at 8 kHz
    keras-ae restore sound_denoising noisy.wav

White or pink noise at -5 to 15 dB is added to pieces of half a second. The metric is the mean gain in SI-SDR
of whole test sounds, in white and in pink noise at 0, 5 and 10 dB, beside spectral subtraction with the
noise estimated from a quarter of a second before, a decision-directed Wiener filter that knows the noise's
spectrum, and, as a limit, the ideal ratio mask, which knows the answer.

611,586 parameters. On 48 generated test sounds, one run, seed 0: spectral subtraction 3.53 dB, Wiener
9.73 dB, this 11.02 dB, ideal ratio mask 12.75 dB.

Another rate, such as of music: SET="data.rate=16000 variant.frame=512 variant.hop=128".
"""

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
