"""The forecast before launch (仿真流量环境): logged requests decided again, with the plan put in.

`trial` ranks the replayed requests at a grid of multipliers, `course` lets the production bidder
steer through the hours to come, and `answer` makes cells with intervals of it. Pure: the market
hands in requests, predictions and plans.
"""

from .answer import Band, Cell, Forecast, Outside, answer
from .ask import ASSUMPTIONS, Ask
from .course import Course, Setting, Steering, drive
from .trial import Response, Trial, multipliers, respond

__all__ = [
    "ASSUMPTIONS",
    "Ask",
    "Band",
    "Cell",
    "Course",
    "Forecast",
    "Outside",
    "Response",
    "Setting",
    "Steering",
    "Trial",
    "answer",
    "drive",
    "multipliers",
    "respond",
]
