"""What a text is about: tokens of Chinese and English, and a lexical index of the catalog."""

from .lexical import POOL_MAX, LexicalIndex
from .tokens import tokens

__all__ = ["POOL_MAX", "LexicalIndex", "tokens"]
