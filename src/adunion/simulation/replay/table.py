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
    errors = Table(
        title=f"The {found['forecast']:,} auctions after the first {found['fitted_on']:,}, by bid",
        caption="bid: of an auction of mean click rate, over the mean price; error: told over came;"
        " by block: mean error of tenths, each told from all before it",
    )
    for name in ("bid", "", "told", "80 % interval", "came", "error", "by block"):
        errors.add_column(name, justify="right" if name else "left")
    for row, block in zip(found["levels"], found["blocks"], strict=True):
        for name in ("spend", "wins", "clicks"):
            told, first = row[name], name == "spend"
            off = block[name]["error"] if name in block else None
            errors.add_row(
                f"{row['bid']:g}" if first else "", name, _amount(told["told"]),
                f"{_amount(told['low'])} to {_amount(told['high'])}", _amount(told["came"]),
                _percent(told["error"]), "-" if off is None else f"{off:.1%}",
                end_section=name == "clicks",
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


def _amount(value: float) -> str:
    return f"{value:,.0f}" if value >= 1_000 else f"{value:,.4g}"
