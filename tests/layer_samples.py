"""For each layer of torch.nn, arguments with which it can be built and inputs to run it on.

Small and deterministic; they say nothing about what is usual.
"""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

import torch
from torch import nn


def rand(*shape: int) -> Any:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(0)) + 0.1


FLAT, LINE, IMAGE, VOLUME = (5, 4), (5, 4, 6), (5, 4, 6, 6), (5, 4, 6, 6, 6)
BY_RANK = {"1d": LINE, "2d": IMAGE, "3d": VOLUME}
Inputs = tuple[Any, ...]

Sample = tuple[dict[str, Any], Callable[[], Inputs]]
"""The arguments with which a layer is built, and the inputs that it is given."""


def one(*shape: int) -> Callable[[], Inputs]:
    return lambda: (rand(*shape),)


def classes() -> Any:
    return torch.tensor([0, 1, 2, 3, 0])


def pooled() -> Inputs:
    return nn.functional.max_pool2d(rand(*IMAGE), 2, return_indices=True)


SAMPLES: dict[str, Sample] = {
    "AdaptiveLogSoftmaxWithLoss": (
        {"in_features": 4, "n_classes": 10, "cutoffs": [3, 6]},
        lambda: (rand(5, 4), classes()),
    ),
    "Bilinear": (
        {"in1_features": 4, "in2_features": 4, "out_features": 2},
        lambda: (rand(5, 4), rand(5, 4)),
    ),
    "CTCLoss": (
        {},
        lambda: (
            rand(6, 2, 4).log_softmax(2),
            torch.tensor([[1, 2], [2, 3]]),
            torch.tensor([6, 6]),
            torch.tensor([2, 2]),
        ),
    ),
    "ChannelShuffle": ({"groups": 2}, one(*IMAGE)),
    "CosineEmbeddingLoss": ({}, lambda: (rand(5, 4), rand(5, 4).flip(0), torch.ones(5))),
    "CosineSimilarity": ({}, lambda: (rand(5, 4), rand(5, 4).flip(0))),
    "CrossMapLRN2d": ({"size": 2}, one(*IMAGE)),
    "Embedding": ({"num_embeddings": 5, "embedding_dim": 3}, lambda: (classes(),)),
    "EmbeddingBag": ({"num_embeddings": 5, "embedding_dim": 3}, lambda: (classes()[None],)),
    "Fold": ({"output_size": 3, "kernel_size": 2}, one(5, 4, 4)),
    "GLU": ({}, one(*IMAGE)),
    "GaussianNLLLoss": ({}, lambda: (rand(5, 4), rand(5, 4).flip(0), rand(5, 4))),
    "GroupNorm": ({"num_groups": 2, "num_channels": 4}, one(*IMAGE)),
    "HingeEmbeddingLoss": ({}, lambda: (rand(5, 4), torch.ones(5, 4))),
    "LayerNorm": ({"normalized_shape": 6}, one(*IMAGE)),
    "LinearCrossEntropyLoss": (
        {"in_features": 4, "num_classes": 4},
        lambda: (rand(5, 4), classes()),
    ),
    "LocalResponseNorm": ({"size": 2}, one(*IMAGE)),
    "MarginRankingLoss": ({}, lambda: (rand(5), rand(5).flip(0), torch.ones(5))),
    "MaxUnpool1d": (
        {"kernel_size": 2},
        lambda: nn.functional.max_pool1d(rand(*LINE), 2, return_indices=True),
    ),
    "MaxUnpool2d": ({"kernel_size": 2}, pooled),
    "MaxUnpool3d": (
        {"kernel_size": 2},
        lambda: nn.functional.max_pool3d(rand(*VOLUME), 2, return_indices=True),
    ),
    "MultiLabelMarginLoss": ({}, lambda: (rand(5, 4), torch.zeros(5, 4, dtype=torch.long))),
    "MultiMarginLoss": ({}, lambda: (rand(5, 4), classes())),
    "MultiheadAttention": ({"embed_dim": 4, "num_heads": 2}, lambda: (rand(3, 5, 4),) * 3),
    "PairwiseDistance": ({}, lambda: (rand(5, 4), rand(5, 4).flip(0))),
    "PixelShuffle": ({"upscale_factor": 2}, one(*IMAGE)),
    "PixelUnshuffle": ({"downscale_factor": 2}, one(*IMAGE)),
    "RMSNorm": ({"normalized_shape": 6}, one(*IMAGE)),
    "Threshold": ({"threshold": 0.3, "value": 0}, one(*IMAGE)),
    "Transformer": (
        {
            "d_model": 4,
            "nhead": 2,
            "num_encoder_layers": 1,
            "num_decoder_layers": 1,
            "dim_feedforward": 8,
        },
        lambda: (rand(3, 5, 4),) * 2,
    ),
    "TransformerDecoderLayer": (
        {"d_model": 4, "nhead": 2, "dim_feedforward": 8},
        lambda: (rand(3, 5, 4),) * 2,
    ),
    "TransformerEncoderLayer": ({"d_model": 4, "nhead": 2, "dim_feedforward": 8}, one(3, 5, 4)),
    "TripletMarginLoss": ({}, lambda: (rand(5, 4), rand(5, 4).flip(0), rand(5, 4).flip(1))),
    "TripletMarginWithDistanceLoss": (
        {},
        lambda: (rand(5, 4), rand(5, 4).flip(0), rand(5, 4).flip(1)),
    ),
    "Unflatten": ({"dim": 1, "unflattened_size": (2, 2)}, one(*FLAT)),
    "Unfold": ({"kernel_size": 2}, one(*IMAGE)),
    "PoissonNLLLoss": ({}, lambda: (rand(5, 4), rand(5, 4).flip(0))),
    "RReLU": ({}, lambda: (-rand(*IMAGE),)),
    "Softmax2d": ({}, one(*IMAGE)),
    "Upsample": ({"scale_factor": 2}, one(*IMAGE)),
    "UpsamplingBilinear2d": ({"scale_factor": 2}, one(*IMAGE)),
    "UpsamplingNearest2d": ({"scale_factor": 2}, one(*IMAGE)),
    "CrossEntropyLoss": ({}, lambda: (rand(5, 4), classes())),
    "NLLLoss": ({}, lambda: (rand(5, 4), classes())),
    "GRU": ({"input_size": 4, "hidden_size": 4}, one(3, 5, 4)),
    "LSTM": ({"input_size": 4, "hidden_size": 4}, one(3, 5, 4)),
    "RNN": ({"input_size": 4, "hidden_size": 4}, one(3, 5, 4)),
    "Linear": ({"in_features": 6, "out_features": 2}, one(*IMAGE)),
    "LazyLinear": ({"out_features": 2}, one(*IMAGE)),
}
FAMILIES: dict[str, dict[str, Any]] = {
    "LazyConv*": {"out_channels": 2, "kernel_size": 2},
    "Conv*": {"in_channels": 4, "out_channels": 2, "kernel_size": 2},
    "Lazy*Norm*": {},
    "*Norm*": {"num_features": 4},
    "Adaptive*": {"output_size": 2},
    "FractionalMaxPool*": {"kernel_size": 2, "output_size": 3},
    "LPPool*": {"kernel_size": 2, "norm_type": 2},
    "*Pool*": {"kernel_size": 2},
    "ConstantPad*": {"padding": 1, "value": 1.0},
    "*Pad*": {"padding": 1},
    "*Cell": {"input_size": 4, "hidden_size": 4},
}


def sample(name: str) -> Sample:
    """Arguments and inputs of a layer: its own, else those of its family."""
    if name in SAMPLES:
        return SAMPLES[name]
    family = next((it for it in FAMILIES if fnmatchcase(name, it)), None)
    arguments = FAMILIES[family] if family else {}
    if name.endswith("Loss"):
        return arguments, lambda: (rand(5, 4), rand(5, 4).flip(0))
    return arguments, one(*(FLAT if family == "*Cell" else BY_RANK.get(name[-2:], IMAGE)))
