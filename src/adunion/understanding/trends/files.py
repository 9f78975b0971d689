"""File in, file out: train on the hours before a date, forecast those of a later range."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from adunion.kernel.errors import AdUnionError, invalid

from .features import Told, features
from .forecast import Outlook, outlook
from .model import fit
from .read import read
from .types import DAY, Topics


@dataclass(frozen=True)
class Span:
    """When to stop learning, and which hours to forecast, the last one included."""

    until: int
    since: int
    to: int


def span(train_until: str, since: str, to: str) -> Span:
    """Read the three times; a `--to` without an hour means the whole day."""
    found = Span(hour_of("train_until", train_until), hour_of("from", since),
                 hour_of("to", to, end=True))  # fmt: skip
    if found.to < found.since:
        raise invalid("to", f"--to {to} lies before --from {since}.", "Give a later --to.")
    if found.since < found.until:
        raise invalid(
            "from", f"--from {since} lies before --train-until {train_until}: the model would have"
            " seen what it is to forecast.", "Train until --from at the latest.",
        )  # fmt: skip
    return found


def hour_of(field: str, text: str, end: bool = False) -> int:
    """Hours since 1970-01-01 of `2025-10-01` or `2025-10-01T08`; the last of a day if `end`."""
    try:
        at = datetime.fromisoformat(
            text.strip()
            + (":00" if text.strip()[10:].count(":") == 0 and len(text.strip()) > 10 else "")
        )
    except ValueError:
        raise invalid(
            field, f"{text!r} is no date.", "Write 2025-10-01 or 2025-10-01T08."
        ) from None
    if at.tzinfo is not None:
        raise invalid(field, f"{text!r} names a zone.", "Give it as the list's hours, without.")
    hour = int(np.datetime64(at, "h").astype(np.int64))
    return hour + DAY - 1 if end and len(text.strip()) == 10 else hour


def forecast_file(
    file: Path,
    out: Path,
    train_until: str,
    since: str,
    to: str,
    seed: int = 0,
    told: Told | None = None,
) -> dict[str, Any]:
    """Write the forecast of every listed topic of the range; what was done, and how fast.

    Rows after `to` are never looked at. `topics_per_second` counts the CPU of features and trees.
    """  # fmt: skip
    wanted = span(train_until, since, to)
    if not out.parent.is_dir():
        raise invalid("out", f"{out.parent} is no folder.", "Make it first.")
    topics = read(file)
    first, last = show(int(topics.hour[0])), show(int(topics.hour[-1]))
    topics = topics.take(topics.hour <= wanted.to)
    asked = topics.hour >= wanted.since
    if not asked.any():
        raise AdUnionError(
            "no_topics", f"{file} has no topic from {since} to {to}; it goes from {first} to"
            f" {last}.", 422, field="from", hint="Give a range that the file covers.",
        )  # fmt: skip
    started = time.process_time()
    found = features(topics, told)
    featured = time.process_time() - started
    model = fit(found, wanted.until, seed, told=told)
    trained = time.process_time() - started - featured
    outlook(found, model, np.arange(len(topics)) < 1)  # compiles, once a machine
    started = time.process_time()
    answers = outlook(found, model, asked)
    walked = time.process_time() - started
    write(topics, answers, out)
    a_row = featured / len(topics) + walked / len(answers.rows)
    return {
        "rows": len(answers.rows), "hours": len(np.unique(topics.hour[asked])),
        "from": show(int(topics.hour[asked][0])), "to": show(int(topics.hour[asked][-1])),
        "train_rows": model.rows, "features": len(model.names), "out": str(out),
        "training_cpu_s": round(trained, 1), "features_cpu_s": round(featured, 1),
        "forecast_cpu_s": round(walked, 2), "topics_per_second": round(1 / max(a_row, 1e-9)),
    }  # fmt: skip


def write(topics: Topics, answers: Outlook, out: Path) -> None:
    """Keys as in the input, then the answers; whole or not at all."""
    rows = answers.rows
    day = (topics.hour[rows] // DAY).astype("datetime64[D]").astype(str)
    table = pa.table(
        {
            "day": pa.array(day.tolist(), pa.string()),
            "hour": topics.hour[rows] % DAY,
            "pos": topics.pos[rows],
            "title": pa.array(topics.titles[topics.topic[rows]].tolist(), pa.string()),
            **answers.answers,
        }
    )
    part = out.with_suffix(".part")
    pq.write_table(table, part)
    os.replace(part, out)


def show(hour: int) -> str:
    """`2025-10-01T08` of hours since 1970-01-01."""
    return str(np.datetime64(hour, "h"))
