"""Which tables know which packages: names alone, read without any table.

Whoever asks only what a framework is, for every file of a run, needs no more than this.
"""

from __future__ import annotations

ALWAYS = ("torch", "python")
PACKAGES_OF_TABLE = {
    "accelerate": "accelerate",
    "deepspeed": "deepspeed",
    "detectron2": "detectron2",
    "diffusers": "diffusers",
    "fairseq": "fairseq",
    "fastai": "fastai",
    "flax": "flax jax optax",
    "ignite": "ignite",
    "keras": (
        "keras keras_applications keras_contrib keras_core keras_cv keras_hub keras_nlp "
        "tensorflow tensorflow_addons tf_keras"
    ),
    "lightning": "lightning lightning_fabric pytorch_lightning",
    "mmengine": "mmaction mmcls mmcv mmdet mmdet3d mmengine mmpose mmpretrain mmseg",
    "models": (
        "efficientnet_pytorch facenet_pytorch huggingface_hub lpips pretrainedmodels "
        "pytorch_metric_learning pytorch_pretrained_bert pytorch_transformers pytorchcv "
        "segment_anything silero_vad torch2trt torchcrf vit_pytorch whisper"
    ),
    "monai": "monai",
    "open_clip": "clip open_clip",
    "paddle": "paddle paddlenlp",
    "peft": "peft",
    "probes": (
        "calflops captum fvcore ptflops pytorch_grad_cam pytorch_model_summary thop "
        "torchattacks torchinfo torchscan torchsummary"
    ),
    "segmentation_models_pytorch": "segmentation_models_pytorch",
    "sentence_transformers": "sentence_transformers",
    "skorch": "skorch",
    "tensorflow": "tensorflow tf_slim",
    "timm": "timm",
    "torch_geometric": "torch_geometric",
    "torchaudio": "torchaudio",
    "torchmetrics": "torchmetrics",
    "torchvision": "torchvision",
    "training": (
        "apex bitsandbytes ema_pytorch fairscale horovod opacus schedulefree torch_ema "
        "torch_optimizer torch_xla"
    ),
    "transformers": "transformers",
    "ultralytics": "ultralytics",
}
MAKING_NO_MODELS = frozenset(
    {"accelerate", "deepspeed", "flax", "ignite", "keras", "lightning", "peft", "probes", "skorch",
     "tensorflow", "torchmetrics", "training"}
)  # fmt: skip
"""Tables of packages that run, measure or wrap PyTorch models of others, or make none at all."""
PARTS_WITH_MODELS = {"torchaudio": ("models", "pipelines"), "torchvision": ("models", "ops")}
"""Where the models are in packages that are mostly used for something else."""
TABLES_OF_PACKAGE: dict[str, tuple[str, ...]] = {}
"""Which tables are read for a file that imports a package; ``ALWAYS`` are read for every file."""

for _table, _packages in PACKAGES_OF_TABLE.items():
    for _package in _packages.split():
        TABLES_OF_PACKAGE[_package] = (*TABLES_OF_PACKAGE.get(_package, ()), _table)

TOLD = frozenset({"keras", "tensorflow", "flax"})
"""The tables of frameworks whose layers are told their mode and record no gradients."""
STATEFUL = frozenset(
    package for package, tables in TABLES_OF_PACKAGE.items() if not TOLD.issuperset(tables)
)
"""Packages with modules that have a mode."""
