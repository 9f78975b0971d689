"""AdUnion: an open, self-hosted e-commerce advertising alliance."""

__version__ = "0.1.0"
