"""The features of the Korean model, computed as Vosk computes them for an 8 kHz line."""

from __future__ import annotations

import kaldi_native_fbank
import numpy as np
import scipy.signal
from numpy.typing import NDArray

from asr_models.trainer.clips import BANK_RATE_HZ, TELEPHONE_RATE_HZ

MFCC_OPTIONS: dict[str, str] = {
    "use-energy": "false",
    "num-mel-bins": "40",
    "num-ceps": "40",
    "low-freq": "20",
    "high-freq": "7600",
    "dither": "0",
    "allow-upsample": "true",
    "allow-downsample": "true",
}
"""conf/mfcc.conf; without `sample-frequency`: Kaldi's 16 kHz, to which Vosk upsamples the line."""

FRAME_SECONDS = 0.01
WINDOW_SECONDS = 0.025


def mfcc(pcm16: NDArray[np.int16] | NDArray[np.float32]) -> NDArray[np.float32]:
    """Compute the features of telephone speech: samples at 8 kHz in the range of 16 bits -> [frames, 40]."""
    upsampled = scipy.signal.resample_poly(pcm16.astype(np.float32), BANK_RATE_HZ // TELEPHONE_RATE_HZ, 1)
    computer = kaldi_native_fbank.OnlineMfcc(_options())
    computer.accept_waveform(BANK_RATE_HZ, upsampled.astype(np.float32).tolist())
    computer.input_finished()
    frames = [computer.get_frame(index) for index in range(computer.num_frames_ready)]
    return np.stack(frames).astype(np.float32) if frames else np.zeros((0, int(MFCC_OPTIONS["num-ceps"])), np.float32)


def _options() -> kaldi_native_fbank.MfccOptions:
    options = kaldi_native_fbank.MfccOptions()
    options.frame_opts.samp_freq = BANK_RATE_HZ
    options.frame_opts.dither = float(MFCC_OPTIONS["dither"])
    options.frame_opts.snip_edges = True
    options.mel_opts.num_bins = int(MFCC_OPTIONS["num-mel-bins"])
    options.mel_opts.low_freq = float(MFCC_OPTIONS["low-freq"])
    options.mel_opts.high_freq = float(MFCC_OPTIONS["high-freq"])
    options.num_ceps = int(MFCC_OPTIONS["num-ceps"])
    options.use_energy = False
    return options
