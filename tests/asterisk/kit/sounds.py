"""Audio at telephone quality: tones made, µ-law both ways, and which tone is in what was heard."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE = 8_000
"""Samples a second of telephone audio."""

_BIAS, _CLIP = 0x84, 32_635


def _ulaw_table() -> NDArray[np.int16]:
    """What each µ-law byte stands for (ITU-T G.711)."""
    code = ~np.arange(256, dtype=np.uint8)
    exponent = (code >> 4) & 0x07
    magnitude = (((code & 0x0F).astype(np.int32) << 3) + _BIAS << exponent) - _BIAS
    return np.where(code & 0x80, -magnitude, magnitude).astype(np.int16)


_FROM_ULAW = _ulaw_table()


def from_ulaw(payload: bytes) -> NDArray[np.int16]:
    """Samples out of µ-law bytes."""
    return _FROM_ULAW[np.frombuffer(payload, dtype=np.uint8)]


def to_ulaw(samples: NDArray[np.int16]) -> bytes:
    """µ-law bytes out of samples (ITU-T G.711)."""
    wide = samples.astype(np.int32)
    magnitude = np.minimum(np.abs(wide), _CLIP) + _BIAS
    exponent = np.floor(np.log2(magnitude)).astype(np.int32) - 7
    mantissa = (magnitude >> (exponent + 3)) & 0x0F
    code = np.where(wide < 0, 0x80, 0) | (exponent << 4) | mantissa
    inverted: NDArray[np.uint8] = ~code.astype(np.uint8)
    return inverted.tobytes()


def tone(hz: float, seconds: float) -> NDArray[np.int16]:
    """A sine at a quarter of full scale. With whole periods in *seconds* it can be repeated without a click."""
    at = np.arange(round(RATE * seconds))
    return np.round(8_000 * np.sin(2 * np.pi * hz * at / RATE)).astype(np.int16)


def write_tone(path: Path, *, hz: float, seconds: float) -> None:
    """A sine as a WAV file that Asterisk plays: 8 kHz, 16 bit, mono."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(tone(hz, seconds).tobytes())


def loudness(samples: NDArray[np.int16]) -> float:
    """Root mean square, 0 to 32768; under 100 is silence on a digital line."""
    return float(np.sqrt(np.mean(samples.astype(np.float64) ** 2))) if len(samples) else 0.0


def share_of_tone(samples: NDArray[np.int16], hz: float) -> float:
    """How much of the sound's energy is the tone *hz*, 0 to 1: the Goertzel measure, one bin of a Fourier transform."""
    if len(samples) == 0:
        return 0.0
    wide = samples.astype(np.float64)
    energy = float(np.sum(wide**2))
    if energy == 0.0:
        return 0.0
    bin_ = np.sum(wide * np.exp(-2j * np.pi * hz * np.arange(len(wide)) / RATE))
    return float(2 * abs(bin_) ** 2 / (len(wide) * energy))
