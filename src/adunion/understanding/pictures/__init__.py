"""What a product picture shows: colours, look, shape, class, and pictures like it."""

from .classes import Head, load, shipped, train
from .onnx import OnnxEncoder, load_onnx
from .pixels import checked, pictures_in
from .reading import head_vectors, near_duplicates, read_picture, similar
from .types import PictureReading, StyleWord, Swatch

__all__ = [
    "Head",
    "OnnxEncoder",
    "PictureReading",
    "StyleWord",
    "Swatch",
    "checked",
    "head_vectors",
    "load",
    "load_onnx",
    "near_duplicates",
    "pictures_in",
    "read_picture",
    "shipped",
    "similar",
    "train",
]
