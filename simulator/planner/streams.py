"""Random numbers inside compiled code: a stream of its own for every purpose of every kind of call.

The generator is xoshiro256++, seeded by SplitMix64 (D. Blackman and S. Vigna, “Scrambled linear pseudorandom number
generators”, ACM Transactions on Mathematical Software 47, 2021). A stream depends on its seed words alone, so two
scenarios draw the same numbers for the same calls. Nothing here multiplies or adds signed and unsigned numbers, which
numba would turn into floats.
"""

from __future__ import annotations

from math import log, sqrt

import numpy as np

from simulator.planner.jitted import compiled
from simulator.planner.tables import Words

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_S11, _S17, _S19, _S23, _S27, _S30, _S31, _S41, _S45 = (
    np.uint64(n) for n in (11, 17, 19, 23, 27, 30, 31, 41, 45)
)  # fmt: skip
_UNIT = 1.0 / (1 << 53)


@compiled
def _mixed(bits: np.uint64) -> np.uint64:
    bits = (bits ^ (bits >> _S30)) * _MIX_1
    bits = (bits ^ (bits >> _S27)) * _MIX_2
    return bits ^ (bits >> _S31)


@compiled
def seed_stream(words: Words, stream: int, seed: int, one: int, two: int, three: int) -> None:
    """Puts the four words of a stream to where (``seed``, ``one``, ``two``, ``three``) says it begins."""
    state = _mixed(np.uint64(seed) + _GOLDEN)
    state = _mixed((state ^ np.uint64(one)) + _GOLDEN)
    state = _mixed((state ^ np.uint64(two)) + _GOLDEN)
    state = _mixed((state ^ np.uint64(three)) + _GOLDEN)
    for word in range(4):
        state = state + _GOLDEN
        words[stream, word] = _mixed(state)


@compiled
def uniform(words: Words, stream: int) -> float:
    """At least 0 and below 1: the upper 53 bits of the next output."""
    one, two, three, four = words[stream, 0], words[stream, 1], words[stream, 2], words[stream, 3]
    total = one + four
    out = ((total << _S23) | (total >> _S41)) + one
    moved = two << _S17
    three ^= one
    four ^= two
    two ^= three
    one ^= four
    three ^= moved
    words[stream, 0], words[stream, 1], words[stream, 2] = one, two, three
    words[stream, 3] = (four << _S45) | (four >> _S19)
    return float(out >> _S11) * _UNIT


@compiled
def exponential(words: Words, stream: int) -> float:
    """With mean 1."""
    return -log(1.0 - uniform(words, stream))


@compiled
def normal(words: Words, stream: int) -> float:
    """Standard normal, by Marsaglia's polar method; of the two numbers that it makes one is thrown away, so that
    there is no state but the stream's."""
    while True:
        across = 2.0 * uniform(words, stream) - 1.0
        along = 2.0 * uniform(words, stream) - 1.0
        square = across * across + along * along
        if 0.0 < square < 1.0:
            return across * sqrt(-2.0 * log(square) / square)


@compiled
def gamma(words: Words, stream: int, shape: float) -> float:
    """Gamma with ``shape`` above 0 and scale 1 (G. Marsaglia and W. W. Tsang, “A simple method for generating gamma
    variables”, ACM Transactions on Mathematical Software 26, 2000)."""
    boost = 1.0
    if shape < 1.0:
        boost = (1.0 - uniform(words, stream)) ** (1.0 / shape)
        shape += 1.0
    third = shape - 1.0 / 3.0
    factor = 1.0 / sqrt(9.0 * third)
    while True:
        deviate = normal(words, stream)
        cube = 1.0 + factor * deviate
        if cube <= 0.0:
            continue
        cube = cube * cube * cube
        if log(1.0 - uniform(words, stream)) < 0.5 * deviate * deviate + third * (1.0 - cube + log(cube)):
            return boost * third * cube
