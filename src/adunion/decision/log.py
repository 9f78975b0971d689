"""The log of decisions: a sample of requests, each kept whole with its candidates.

A policy can be judged only on what was known when it was decided, and a merchant who asks why is
owed the figures of that moment; so both read this log. The sample hangs on the request's id. Blocks
are files of their own, written whole or not at all; a killed process loses the last block only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt
from numba import njit

from adunion.kernel.chance import mix

CANDIDATES_MAX = 64  # the best by score are kept
BLOCK_REQUESTS = 256
BLOCKS_MAX = 128
LATE_US = 6 * 3_600_000_000
"""A block that is not full by then is written as it is, for other programs to read."""
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)

Ids = npt.NDArray[np.void]


@dataclass(frozen=True)
class LoggedDecisions:
    """r decided requests; request i has the candidate rows `offsets[i]` to `offsets[i + 1]`.

    Money is micros: `organic`, `bid` and `price` per seen impression, `value` of an order,
    `experience` of a click. Merchants and groups are numbers that hold within a request.
    """

    request: Ids  # (r,)
    at_us: npt.NDArray[np.int64]
    placement: npt.NDArray[np.str_]  # its id
    exposures: npt.NDArray[np.int32]  # (r, K) ten-thousandths, 0 past its slots
    explore_bps: npt.NDArray[np.int32]
    take_bps: npt.NDArray[np.int32]
    experience_bps: npt.NDArray[np.int32]
    unit: npt.NDArray[np.int32]  # micros of a minor unit of the currency
    merchant_cap: npt.NDArray[np.int32]
    group_cap: npt.NDArray[np.int32]
    paid_most: npt.NDArray[np.int16]  # slots that bids might move
    ranked: npt.NDArray[np.int32]  # candidates there were, kept here or not
    offsets: npt.NDArray[np.int64]  # (r + 1,)
    item: Ids  # (c,), best score first
    plan: Ids
    merchant: npt.NDArray[np.int32]
    group: npt.NDArray[np.int32]
    pctr: npt.NDArray[np.float32]
    pcvr: npt.NDArray[np.float32]
    relevance: npt.NDArray[np.float32]
    value: npt.NDArray[np.int64]
    experience: npt.NDArray[np.int64]
    organic: npt.NDArray[np.int64]
    bid: npt.NDArray[np.int64]
    home: npt.NDArray[np.int16]  # slot it was ranked to, -1 none
    slot: npt.NDArray[np.int16]  # slot it was shown in, -1 none: they differ where explored
    moved: npt.NDArray[np.bool_]
    price: npt.NDArray[np.int64]
    propensity: npt.NDArray[np.float32]  # of being shown in `slot`, 0 where it was not
    exposure_organic: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.request)

    def take(self, rows: npt.NDArray[np.int64]) -> LoggedDecisions:
        """The chosen requests, in that order."""
        lengths = self.offsets[rows + 1] - self.offsets[rows]
        offsets = np.concatenate(([0], lengths.cumsum()))
        at = np.arange(offsets[-1]) - np.repeat(offsets[:-1] - self.offsets[rows], lengths)
        chosen = {
            column.name: getattr(self, column.name)[rows if column.name in _OF_REQUESTS else at]
            for column in fields(self)
            if column.name != "offsets"
        }
        return LoggedDecisions(offsets=offsets, **chosen)


_OF_REQUESTS = frozenset(
    ("request", "at_us", "placement", "exposures", "explore_bps", "take_bps",
     "experience_bps", "unit", "merchant_cap", "group_cap", "paid_most",
     "ranked")
)  # fmt: skip


def concat(parts: Sequence[LoggedDecisions]) -> LoggedDecisions | None:
    """The requests of several logs as one; None of none."""
    if not parts:
        return None
    slots = max(part.exposures.shape[1] for part in parts)
    columns: dict[str, Any] = {}
    for column in fields(LoggedDecisions):
        arrays = [getattr(part, column.name) for part in parts]
        if column.name == "offsets":
            lengths = np.concatenate([np.diff(each) for each in arrays])
            arrays = [np.concatenate(([0], lengths.cumsum()))]
        elif column.name == "exposures":
            arrays = [np.pad(each, ((0, 0), (0, slots - each.shape[1]))) for each in arrays]
        columns[column.name] = np.concatenate(arrays)
    return LoggedDecisions(**columns)


@dataclass(frozen=True)
class Decided:
    """What the engine knows of a decided batch: columns by candidate (m,) and by slot (n, K).

    `columns` gives those of chosen candidates, named as in `LoggedDecisions`.
    """

    request: Ids
    at_us: npt.NDArray[np.int64]
    offsets: npt.NDArray[np.int64]  # (n + 1,) of the candidates
    columns: Callable[[npt.NDArray[np.int64]], dict[str, npt.NDArray[Any]]]  # of candidate rows
    score: npt.NDArray[np.int64]  # (m,)
    exposures: npt.NDArray[np.int64]  # (n, K)
    paid_most: npt.NDArray[np.int16]  # (n,)
    settings: dict[str, int]  # named as in `LoggedDecisions`
    placement: npt.NDArray[np.str_]  # (n,)
    home: npt.NDArray[np.int64]  # (n, K) candidate row ranked to each slot, -1 none
    shown: npt.NDArray[np.int64]  # (n, K) candidate row shown in each slot
    of_slot: dict[str, npt.NDArray[Any]]  # (n, K) moved, price, propensity, exposure_organic

    def logged(self, rows: npt.NDArray[np.int64]) -> LoggedDecisions:
        """The chosen requests with their best candidates."""
        kept, sizes = _best(self, rows)
        columns: dict[str, Any] = self.columns(kept)
        columns |= _by_candidate(self, rows, kept)
        columns |= {
            name: np.full(len(rows), value, np.int32) for name, value in self.settings.items()
        }
        return LoggedDecisions(
            request=self.request[rows],
            at_us=self.at_us[rows],
            placement=self.placement[rows],
            exposures=self.exposures[rows].astype(np.int32),
            paid_most=self.paid_most[rows],
            ranked=np.diff(self.offsets)[rows].astype(np.int32),
            offsets=np.concatenate(([0], np.cumsum(sizes))),
            **columns,
        )


def _best(
    decided: Decided, rows: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Candidate rows of the requests to keep, and how many of each request.

    The best come first, and what is shown is always among them.
    """
    first = decided.offsets[rows]
    sizes = decided.offsets[rows + 1] - first
    request = np.repeat(np.arange(len(rows)), sizes)
    begins = np.cumsum(sizes) - sizes
    candidate = np.arange(len(request)) - np.repeat(begins - first, sizes)
    order = np.lexsort((-decided.score[candidate], request))
    place = np.arange(len(order)) - np.repeat(begins, sizes)
    candidate = candidate[order]
    kept = (place < CANDIDATES_MAX) | np.isin(candidate, decided.shown[rows])
    return candidate[kept], np.bincount(request[kept], minlength=len(rows))


def _by_candidate(
    decided: Decided, rows: npt.NDArray[np.int64], kept: npt.NDArray[np.int64]
) -> dict[str, npt.NDArray[Any]]:
    """Columns by slot, as columns by kept candidate."""
    count = len(kept)
    place = np.full(len(decided.score), count, np.int64)  # the last: of those that are not kept
    place[kept] = np.arange(count)
    out: dict[str, npt.NDArray[Any]] = {
        "home": np.full(count + 1, -1, np.int16),
        "slot": np.full(count + 1, -1, np.int16),
        **{name: np.zeros(count + 1, values.dtype) for name, values in decided.of_slot.items()},
    }
    for name, ranked in (("home", decided.home[rows]), ("slot", decided.shown[rows])):
        row, slot = np.nonzero(ranked >= 0)
        out[name][place[ranked[row, slot]]] = slot
    shown = decided.shown[rows]
    row, slot = np.nonzero(shown >= 0)
    for name, values in decided.of_slot.items():
        out[name][place[shown[row, slot]]] = values[rows][row, slot]
    return {name: values[:count] for name, values in out.items()}


class DecisionLog:
    """Keeps one in `one_in` decided requests, newest kept; one writer, any readers."""

    def __init__(self, folder: Path, one_in: int) -> None:
        self._folder = folder
        self.one_in = max(one_in, 1)
        self._fresh: list[LoggedDecisions] = []
        self._count = 0

    def chosen(self, request: Ids) -> npt.NDArray[np.int64]:
        """Rows of the requests that are kept."""
        return _chosen(np.ascontiguousarray(request).view(np.uint64), self.one_in)

    def note(self, decided: Decided, rows: npt.NDArray[np.int64]) -> None:
        """Keep the chosen requests of a decided batch."""
        part = decided.logged(rows)
        self._fresh.append(part)
        self._count += len(part)
        if self._count >= BLOCK_REQUESTS:
            self.flush()

    def flush_late(self, now_us: int) -> None:
        """Write what has waited for `LATE_US`: a block of its own costs more than a decision."""
        if self._fresh and int(self._fresh[0].at_us.min()) <= now_us - LATE_US:
            self.flush()

    def flush(self) -> None:
        """Write what is not yet on disk, and let the oldest blocks go."""
        block = concat(self._fresh)
        if block is None:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        name = f"{int(block.at_us.max()):016d}-{int(mix(np.uint64(block.at_us[0]))) % 10**6:06d}"
        fresh = self._folder / f"{name}.new"
        with fresh.open("wb") as file:
            np.savez(file, **{column.name: getattr(block, column.name) for column in fields(block)})
        fresh.replace(self._folder / f"{name}.npz")
        for path in self._paths()[:-BLOCKS_MAX]:
            path.unlink(missing_ok=True)
        self._fresh, self._count = [], 0

    def read(self, since_us: int = 0) -> LoggedDecisions | None:
        """The decisions kept since a time, oldest first; None where there are none."""
        paths = [path for path in self._paths() if int(path.name[:16]) >= since_us]
        blocks = [block for path in paths if (block := _load(path)) is not None]
        whole = concat([*blocks, *self._fresh])
        if whole is None:
            return None
        rows = np.flatnonzero(whole.at_us >= since_us)
        return whole.take(rows) if len(rows) else None

    def find(self, request: bytes) -> LoggedDecisions | None:
        """The decision of a request by the 16 bytes of its id, None where it was not kept."""
        wanted = np.frombuffer(request, "V16")
        for part in reversed(self._fresh):
            rows = np.flatnonzero(part.request == wanted)
            if len(rows):
                return part.take(rows[:1])
        for path in reversed(self._paths()):
            block = _load(path)
            if block is None:
                continue
            rows = np.flatnonzero(block.request == wanted)
            if len(rows):
                return block.take(rows[:1])
        return None

    def _paths(self) -> list[Path]:
        return sorted(self._folder.glob("*.npz")) if self._folder.is_dir() else []


@njit(cache=True, nogil=True)
def _chosen(words: npt.NDArray[np.uint64], one_in: int) -> npt.NDArray[np.int64]:
    out, count = np.empty(len(words) // 2, np.int64), 0
    for row in range(len(out)):
        if is_kept(words[2 * row] ^ words[2 * row + 1], one_in):
            out[count] = row
            count += 1
    return out[:count]


@njit(cache=True, nogil=True)
def is_kept(key: np.uint64, one_in: int) -> bool:
    """Whether one in so many requests is this one, by what its id mixes to; of none: never."""
    return one_in > 0 and ((key * _GOLDEN) >> np.uint64(32)) % np.uint64(one_in) == 0


def _load(path: Path) -> LoggedDecisions | None:
    """A block; None where it went meanwhile or is of another version."""
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            return LoggedDecisions(
                **{each.name: file[each.name] for each in fields(LoggedDecisions)}
            )
    except (OSError, KeyError, ValueError, BadZipFile):
        return None
