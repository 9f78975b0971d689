"""How likely a seen item is clicked, and a click an order: learned from the market's log."""

from .after_sales import AfterSales
from .drift import Drift
from .exposures import estimate_exposures
from .feature_log import FeatureLog, shown_keys
from .features import FACET_SHARE, FEATURES, KINDS, LIKE_PARTS, features, kind_codes
from .items import NUMBERS, ItemColumns, ItemStats, price_levels
from .models import Models, cells, predict
from .predictor import Predictor
from .training import TrainingLog, train

__all__ = [
    "FACET_SHARE",
    "FEATURES",
    "KINDS",
    "LIKE_PARTS",
    "NUMBERS",
    "AfterSales",
    "Drift",
    "FeatureLog",
    "ItemColumns",
    "ItemStats",
    "Models",
    "Predictor",
    "TrainingLog",
    "cells",
    "estimate_exposures",
    "features",
    "kind_codes",
    "predict",
    "price_levels",
    "shown_keys",
    "train",
]
