r"""Denoise sounds of any length: a network of a sound's spectrum that masks what is noise.

    make train RECIPE=sound_denoising                        generated sounds, a demonstration
    make train RECIPE=sound_denoising DATA=fsdd              spoken digits
    make train RECIPE=sound_denoising DATA=folder/of/sounds  WAV, FLAC, OGG, AIFF, MP3; read at 8 kHz
    keras-ae restore sound_denoising noisy.wav

White or pink noise at -5 to 15 dB is added to pieces of half a second. The metric is the mean gain in SI-SDR
of whole test sounds, in white and in pink noise at 0, 5 and 10 dB, beside spectral subtraction with the
noise estimated from a quarter of a second before, a decision-directed Wiener filter that knows the noise's
spectrum, and, as a limit, the ideal ratio mask, which knows the answer.

611,586 parameters. On 48 generated test sounds, one run, seed 0: spectral subtraction 3.53 dB, Wiener
9.73 dB, this 11.02 dB, ideal ratio mask 12.75 dB.

Of the 300 test recordings of fsdd, one run, seed 0; this network has 1,606,914 parameters and took 20 minutes
of CPU time on one core of an AMD EPYC:

    make train RECIPE=sound_denoising DATA=fsdd \
        SET="variant.width=192 variant.dilations=1,2,4,8,16 epochs=40"

    gain in dB              mean    white at 0, 5, 10 dB    pink at 0, 5, 10 dB
    spectral subtraction    3.10     3.49  3.35  3.00        3.07  2.99  2.69
    Wiener                  6.64     8.21  6.68  5.09        7.76  6.62  5.46
    this                    8.30     9.88  8.10  6.33        9.99  8.48  7.03
    ideal ratio mask        9.67    11.53  9.65  7.92       11.33  9.59  8.04

Of a speaker whom training did not have (data.unseen_speaker=theo) the mean gain is 7.09 dB, by the network
that had heard him 7.76 dB.

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
