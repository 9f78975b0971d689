"""What a text is about: tokens of Chinese and English, and a lexical index of the catalog."""

from .impacts import POOL_MAX
from .lexical import LexicalIndex
from .tokens import tokens

__all__ = ["POOL_MAX", "LexicalIndex", "tokens"]
