"""What a page, transcript or chat is about, what fits beside it, and whether anything may."""

from .page import page_of, read_file
from .reader import ContextReader
from .types import ContextReading, Page

__all__ = ["ContextReader", "ContextReading", "Page", "page_of", "read_file"]
