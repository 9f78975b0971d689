"""How likely each slot of a list is seen, where nothing was measured yet."""

from __future__ import annotations

DECAY = 0.12


def default_exposures(slots: int) -> tuple[float, ...]:
    """P(slot k is seen) = 1 / (1 + 0.12 k), k from 0: hyperbolic examination by position.

    The shape follows the position-based click model's examination curves (Craswell et al., WSDM
    2008); measured curves replace it as a placement gathers viewable impressions.
    """
    return tuple(1.0 / (1.0 + DECAY * k) for k in range(slots))
