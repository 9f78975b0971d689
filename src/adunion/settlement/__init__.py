"""Settlement: statements for merchants and publishers that tie to the ledger, and payouts."""

from .compensation import compensate, days_of_plan
from .guarantee import Judgement
from .papers import as_csv, as_dict, as_html, as_json
from .service import Settlement, settle
from .types import Payout, SettleReport, Statement, StatementLine

__all__ = [
    "Judgement",
    "Payout",
    "SettleReport",
    "Settlement",
    "Statement",
    "StatementLine",
    "as_csv",
    "as_dict",
    "as_html",
    "as_json",
    "compensate",
    "days_of_plan",
    "settle",
]
