"""What goes into a basket next: learnt from baskets, asked by cart or by customer."""

from .cart import Suggestion, complete
from .kinds import Kinds
from .model import BasketModel, Use, best, learn_weights
from .trial import ask, trial
from .types import Purchases, Question

__all__ = [
    "BasketModel",
    "Kinds",
    "Purchases",
    "Question",
    "Suggestion",
    "Use",
    "ask",
    "best",
    "complete",
    "learn_weights",
    "trial",
]
