"""AdUnion: an open, self-hosted e-commerce advertising alliance."""

import os

__version__ = "0.1.0"

# Before numpy is loaded. Its matrix products are of a few thousand numbers here: threads that share
# those spin for longer than the work takes, and sum in an order that hangs on the machine.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
