"""Ways to put paid and organic on one page, compared on the same traffic; a simulation."""

from .compare import CASES, LEGEND, Case, compare, table

__all__ = ["CASES", "LEGEND", "Case", "compare", "table"]
