"""The report of a replay as tables to print."""

from __future__ import annotations

from typing import Any

from rich.table import Table


def table(found: dict[str, Any]) -> list[Any]:
    """Click rates, what was told beside what came, and a line on the intervals."""
    return [_clicks(found), _errors(found), _said(found)]


def _clicks(found: dict[str, Any]) -> Table:
    clicks = Table(title=f"Click rates of the {found['forecast']:,} auctions forecast")
    for name in ("", "AUC", "log loss", "ECE", "predicted", "clicked"):
        clicks.add_column(name, justify="right" if name else "left")
    for name, row in found["ctr"].items():
        clicks.add_row(
            name, "-" if row["auc"] is None else f"{row['auc']:.4f}", f"{row['log_loss']:.5f}",
            f"{row['ece']:.5f}", f"{row['predicted']:.5f}", f"{row['clicked']:.5f}",
        )  # fmt: skip
    return clicks


def _errors(found: dict[str, Any]) -> Table:
    errors = Table(title=f"Told from the first {found['fitted_on']:,}, and block by block")
    for name in ("bid / mean price", "spend", "80 %", "wins", "80 %", "clicks told",
                 "80 %", "came", "spend, by block", "wins, by block"):  # fmt: skip
        errors.add_column(name, justify="right")
    for row, block in zip(found["levels"], found["blocks"], strict=True):
        spend, wins, clicks = row["spend"], row["wins"], row["clicks"]
        errors.add_row(
            f"{row['bid']:g}", _percent(spend["error"]), _ends(spend), _percent(wins["error"]),
            _ends(wins), f"{clicks['told']:.1f}", f"{clicks['low']:.0f}..{clicks['high']:.0f}",
            f"{clicks['came']:.0f}", f"{block['spend']['error']:.1%}",
            f"{block['wins']['error']:.1%}",
        )  # fmt: skip
    return errors


def _said(found: dict[str, Any]) -> str:
    once, blocks = found["covered"], found["blocks_covered"]
    return (
        "What came lay in its 80 % interval, of 5 bids: "
        + ", ".join(f"{name} {share:.0%}" for name, share in once.items())
        + "; of 5 bids and 10 blocks: "
        + ", ".join(f"{name} {share:.0%}" for name, share in blocks.items())
        + "."
    )


def _percent(error: float | None) -> str:
    return "-" if error is None else f"{error:+.1%}"


def _ends(row: dict[str, float]) -> str:
    """The interval as errors of what was told, so that 0 within it is a hit."""
    if not row["told"]:
        return "-"
    low, high = (row["told"] / max(row[end], 1e-9) - 1 for end in ("high", "low"))
    return f"{low:+.0%}..{high:+.0%}"
