"""Topics, model and board in ADUNION_HOME/trends: Parquet, npz and JSON, each written whole."""

from __future__ import annotations

import hashlib
import os
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from adunion.kernel.errors import AdUnionError

from .board import Board, board, window
from .features import Features, Told, features
from .files import hour_of, show
from .links import Linker
from .model import TrendModel, fit
from .read import COUNTS, read
from .targets import COURSE, FORECAST
from .types import DAY, Topics

TARGETS = tuple(replace(each, trees=each.trees // 2) for each in (*FORECAST, *COURSE))
NOW_ROWS_MAX = 60_000
"""Rows that each answer of a board's model learns from: seconds, not minutes."""
BOARD_FORMAT = 2
"""Counted up when what a topic or a warning of a kept board holds changes."""
KEEP_DAYS = 400
WEEK = 7 * DAY


class TrendStore:
    """What a home knows of trends."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "trends"
        self.topics_file = self.folder / "topics.parquet"
        self.board_file = self.folder / "board.json"

    def add(self, file: Path) -> dict[str, Any]:
        """Take a file's rows in; rows of hours that it has replace those that were there."""
        fresh = read(file)
        kept = fresh
        if self.topics_file.exists():
            old = read(self.topics_file)
            kept = merged(old.take(~np.isin(old.hour, fresh.hours)), fresh)
        kept = kept.take(kept.hour > kept.hour[-1] - KEEP_DAYS * DAY)
        self.folder.mkdir(parents=True, exist_ok=True)
        part = self.topics_file.with_suffix(".part")
        pq.write_table(table_of(kept), part)
        os.replace(part, self.topics_file)
        return {
            "rows": len(fresh), "hours": len(fresh.hours), "from": show(int(fresh.hour[0])),
            "to": show(int(fresh.hour[-1])), "kept_rows": len(kept),
        }  # fmt: skip

    def topics(self) -> Topics:
        """What was taken in; `no_topics` where nothing was."""
        if not self.topics_file.exists():
            raise AdUnionError(
                "no_topics", f"{self.folder} has no topics yet.", 409,
                hint="Run adunion trends import FILE, or give --topics FILE.",
            )  # fmt: skip
        return read(self.topics_file)

    def board(self) -> Board | None:
        """The last board that was made, if any; None too for one that another version wrote."""
        try:
            found = orjson.loads(self.board_file.read_bytes())
            return Board(**found) if found.pop("format", 0) == BOARD_FORMAT else None
        except (OSError, ValueError, TypeError, AttributeError):
            return None

    def keep(self, made: Board) -> None:
        """What pages and the API show until the next one."""
        self.folder.mkdir(parents=True, exist_ok=True)
        part = self.board_file.with_suffix(".part")
        part.write_bytes(orjson.dumps(asdict(made) | {"format": BOARD_FORMAT}))
        os.replace(part, self.board_file)

    def model(
        self, found: Features, until: int, told: Told | None = None, keep: bool = True
    ) -> TrendModel:
        """A model of what was known before `until`, fitted once for the same rows.

        Without `keep` the home's own model stays, and this one is not written.
        """
        topics = found.index.topics
        known = topics.hour < until
        digest = hashlib.sha256(topics.hour[known].tobytes())
        digest.update(topics.heat[known].tobytes())
        file = self.folder / f"model-{digest.hexdigest()[:16]}.npz"
        if file.exists():
            try:
                model = TrendModel.load(file)
                if model.names == found.names and model.until == until:
                    return model
            except AdUnionError:
                pass  # of another version: fitted again
        model = fit(found, until, 0, TARGETS, NOW_ROWS_MAX, told)
        if keep:
            for old in self.folder.glob("model-*.npz"):
                old.unlink()
            model.save(file)
        return model


def now(
    store: TrendStore,
    topics: Topics,
    at: str | None,
    linker: Linker,
    told: Told | None = None,
    keep: bool = True,
) -> Board:
    """The board of an hour (the last one by default), by a model of the weeks before it.

    That model is kept in the store; not so without `keep`, for topics that are not the store's.
    """
    wanted = hour_of("at", at) if at else int(topics.hour[-1])
    hours = topics.hours[topics.hours <= wanted]
    if not len(hours) or wanted - int(hours[-1]) > DAY:
        raise AdUnionError(
            "no_topics", f"There is no list of {show(wanted)} or the day before; the file has"
            f" {show(int(topics.hour[0]))} to {show(int(topics.hour[-1]))}.", 422, field="at",
            hint="Give an hour that the file covers.",
        )  # fmt: skip
    hour = int(hours[-1])
    found = features(window(topics, hour), told)
    until = max(hour // WEEK * WEEK, min(hour, int(topics.hour[0]) + 3 * WEEK))
    try:
        model = store.model(found, until, told, keep)
    except AdUnionError as error:
        if error.code != "too_little":
            raise
        have = int((hours < until).sum())
        raise AdUnionError(
            "too_little", f"There is too little history to tell what becomes of the topics of"
            f" {show(hour)}: {have:,} {'hour' if have == 1 else 'hours'} of lists before it.", 422,
            hint="Take in two weeks of hourly lists or more, up to that hour.",
        ) from None  # fmt: skip
    return board(found, model, hour, linker, told)


def merged(one: Topics, other: Topics) -> Topics:
    """The rows of both."""
    titles, code = np.unique(np.concatenate([one.titles, other.titles]), return_inverse=True)
    parts = ("hour", "pos", "category", "heat", "paid", "counts")
    both = {name: np.concatenate([getattr(one, name), getattr(other, name)]) for name in parts}
    topic = np.concatenate(
        [code[: len(one.titles)][one.topic], code[len(one.titles) :][other.topic]]
    )
    found = Topics(
        both["hour"], both["pos"], topic, titles, both["category"], both["heat"], both["paid"],
        both["counts"],
    )  # fmt: skip
    return found.take(np.lexsort((found.pos, found.hour)))


def table_of(topics: Topics) -> pa.Table:
    """The columns of a topics file."""
    return pa.table(
        {
            "day": pa.array((topics.hour // DAY).astype("datetime64[D]")).cast(pa.date32()),
            "hour": topics.hour % DAY,
            "pos": topics.pos,
            "title": pa.array(topics.titles[topics.topic].tolist(), pa.string()),
            "category": pa.array(topics.category.tolist(), pa.string()),
            "hot": topics.heat,
            "ads": topics.paid,
            **{name: topics.counts[:, k] for k, name in enumerate(COUNTS)},
        }
    )
