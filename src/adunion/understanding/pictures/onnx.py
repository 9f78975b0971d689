"""An encoder of your own by path: any ONNX model from a picture to a vector (CLIP and its kin)."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from adunion.kernel.errors import AdUnionError, invalid

from .types import Floats

MEAN = np.array([0.48145466, 0.4578275, 0.40821073], np.float32)
DEVIATION = np.array([0.26862954, 0.26130258, 0.27577711], np.float32)
"""Of CLIP's training pictures (Radford et al. 2021)."""


@dataclass(frozen=True)
class OnnxEncoder:
    """Pictures to unit vectors by an ONNX model with one image input [n, 3, side, side]."""

    name: str
    session: Any
    input: str
    side: int

    def encode(self, pictures: list[Image.Image]) -> Floats:
        """Unit rows [n, d]. Raises AdUnionError where the model's answer is no matrix."""
        found = np.stack([self._plane(picture) for picture in pictures])
        rows = np.asarray(self.session.run(None, {self.input: found})[0], np.float32)
        if rows.ndim != 2 or len(rows) != len(pictures):
            raise invalid("onnx", f"The model answers with shape {rows.shape}.",
                          "Give a model whose first output is [pictures, dimensions].")  # fmt: skip
        return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9))

    def _plane(self, picture: Image.Image) -> Floats:
        short = min(picture.size)
        left, top = (picture.width - short) // 2, (picture.height - short) // 2
        box = (left, top, left + short, top + short)
        small = picture.resize((self.side, self.side), Image.Resampling.BICUBIC, box)
        scaled = (np.asarray(small, np.float32) / 255 - MEAN) / DEVIATION
        return np.ascontiguousarray(scaled.transpose(2, 0, 1))


def load_onnx(path: Path) -> OnnxEncoder:
    """The model at a path.

    Raises:
        AdUnionError: onnxruntime is not installed, or the file is no model of pictures.
    """
    try:
        import onnxruntime
    except ImportError:
        raise AdUnionError("missing_extra", "ONNX encoders need onnxruntime.", 422, field="onnx",
                           hint="pip install 'adunion[onnx]'") from None  # fmt: skip
    if not path.is_file():
        raise invalid("onnx", f"There is no file {path}.", "Give the path of an .onnx file.")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(str(path), options, ["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises its own classes, by kind of fault
        raise invalid("onnx", f"{path} cannot be loaded ({str(error)[:200]}).",
                      "Give an ONNX model.") from error  # fmt: skip
    asked = session.get_inputs()[0]
    if len(asked.shape) != 4:
        raise invalid("onnx", f"Its input {asked.name} has shape {asked.shape}.",
                      "Give a model of pictures: [n, 3, height, width].")  # fmt: skip
    side = asked.shape[2] if isinstance(asked.shape[2], int) else 224
    digest = sha256(path.read_bytes()).hexdigest()[:16]
    return OnnxEncoder(f"onnx:{digest}", session, asked.name, side)
