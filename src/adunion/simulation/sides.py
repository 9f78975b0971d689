"""What a run keeps: of each arm, and of each plan."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np
import numpy.typing as npt

from .choose import Planned
from .events import EventMaker, Later
from .scenario import BoostPart, EditPart
from .shopper import Memory
from .tally import ArmTally
from .types import Arm
from .world.types import Response


@dataclass
class Launched:
    """A plan of the scenario as it runs."""

    id: str
    plan: Planned
    start: datetime
    end: datetime | None
    alphas: list[tuple[datetime, float]] = field(default_factory=list)
    boosts: list[tuple[str, BoostPart]] = field(default_factory=list)  # by id
    edits: list[tuple[datetime, EditPart]] = field(default_factory=list)  # made so far


@dataclass
class Side:
    """One arm and what its people remember and still have to do."""

    arm: Arm
    memory: Memory
    later: Later
    tally: ArmTally
    maker: EventMaker
    luck: int = 0  # people of another luck click and buy by other draws


def rows_of(response: Response, rows: npt.NDArray[np.int64]) -> Response:
    """The response to some of the requests; orders stay as they are."""
    names = ("seen", "clicked", "carted", "pctr", "pcvr", "expected_gmv", "expected_net")
    return replace(response, **{name: getattr(response, name)[rows] for name in names})
