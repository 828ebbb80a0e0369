"""Spectral mask: a network of a sound's spectrum that decides what of each frequency is kept at each time.

The mask is complex (Williamson, Wang and Wang, "Complex Ratio Masking for Monaural Speech Separation", 2016);
the network is one of dilated convolutions along time, as in Luo and Mesgarani, "Conv-TasNet", 2019,
arXiv:1809.07454. Waveforms go in and come out.
"""

from __future__ import annotations

from dataclasses import dataclass

import keras

from keras_ae.blocks.spectrum import LogMagnitudes, MaskedSpectrum, Resynthesis, Spectrum
from keras_ae.blocks.time_convolutions import reach_of, time_block, time_conv
from keras_ae.domains import REAL
from keras_ae.errors import InputError, check_least, check_widths
from keras_ae.heads import Heads, Spec, Term
from keras_ae.variants import Variant

__all__ = ["SpectralMask"]


@dataclass(frozen=True)
class SpectralMask(Variant):
    """A network that restores sound of any length; its decoder needs more than the code.

    Attributes:
        width: Channels of the code and of each block, at least 1.
        dilations: Frames between the taps of each block's convolution, in the encoder, and again in the
            decoder; each at least 1.
        frame: Samples of a frame of the spectrum, a multiple of `hop` and at least 4 of them.
        hop: Samples from one frame to the next, at least 1.
    """

    width: int = 128
    dilations: tuple[int, ...] = (1, 2, 4, 8)
    frame: int = 256
    hop: int = 64

    def __post_init__(self) -> None:
        check_least(self, width=1, hop=1, frame=1)
        check_widths("dilations", self.dilations)
        if self.frame % self.hop or self.frame < 4 * self.hop:
            raise InputError(
                f"frame must be a multiple of hop, and at least 4 times as long; received {self.frame} and "
                f"{self.hop}"
            )

    @property
    def multiple(self) -> int:
        """Pieces of a sound that start at multiples of this many samples have the frames of the whole."""
        return self.hop

    @property
    def reach(self) -> int:
        """The most samples around a sample that its restoration may depend on."""
        return self.hop * reach_of((*self.dilations, *self.dilations)) + 2 * self.frame

    def build(self, spec: Spec) -> Heads:
        if len(spec.input_shape) != 1 or spec.target_shape != spec.input_shape or spec.domain.one_hot:
            raise InputError(
                f"a spectral mask takes waveforms (samples,), received shape {spec.input_shape} of the "
                f"{spec.domain.kind} domain; use sound, such as DATA=fsdd, or another variant"
            )
        sizes = {"frame": self.frame, "hop": self.hop}
        inputs = keras.Input((None,), name="inputs")
        spectrum = Spectrum(**sizes, name="encoder_spectrum")(inputs)
        features = LogMagnitudes(name="encoder_log_magnitudes")(spectrum)
        features = time_conv(features, self.width, "encoder_in", kernel=3)
        for number, dilation in enumerate(self.dilations):
            features = time_block(features, dilation, f"encoder_block_{number}")
        encoder = keras.Model({"inputs": inputs}, {"code": features}, name="encoder")

        code = keras.Input(features.shape[1:], name="code")
        waveform = keras.Input((None,), name="inputs")
        features = code
        for number, dilation in enumerate(self.dilations):
            features = time_block(features, dilation, f"decoder_block_{number}")
        features = keras.layers.LayerNormalization(name="decoder_norm")(features)
        mask = time_conv(features, self.frame + 2, "decoder_mask", kernel=1, gain=0.01)
        spectrum = Spectrum(**sizes, name="decoder_spectrum")(waveform)
        masked = MaskedSpectrum(name="decoder_masked")(spectrum, mask)
        output = Resynthesis(**sizes, name="decoder_output")(masked, waveform)
        decoder = keras.Model({"code": code, "inputs": waveform}, {"reconstruction": output}, name="decoder")
        return Heads.join(encoder, decoder)

    def terms(self) -> tuple[Term, ...]:
        return ()


EXAMPLE = (SpectralMask(width=8, dilations=(1, 2), frame=32, hop=8), Spec((100,), (100,), REAL))
COMPARED: dict = {}
"""None, because its decoder needs more than a code: it has no row in a table that compares codes."""
