from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from adunion.kernel.errors import AdUnionError
from adunion.understanding.trends import forecast_file, read
from adunion.understanding.trends.features import Features, features
from adunion.understanding.trends.forecast import band, outlook
from adunion.understanding.trends.labels import listed
from adunion.understanding.trends.model import TrendModel, fit
from adunion.understanding.trends.targets import FORECAST
from adunion.understanding.trends.trees import forest

SMALL = [replace(target, trees=12, leaves=6) for target in FORECAST]
RANGE = {"train_until": "2026-06-14", "since": "2026-06-14", "to": "2026-06-18"}


@pytest.fixture(scope="module")
def found(topics_file: Path) -> Features:
    return features(read(topics_file))


@pytest.fixture(scope="module")
def fitted(found: Features) -> TrendModel:
    return fit(found, int(found.index.topics.hour[-1]) - 5 * 24, targets=SMALL)


def test_trees_walk_as_they_were_grown(found: Features) -> None:
    from sklearn.ensemble import HistGradientBoostingClassifier

    known = listed(found.index, 6)
    held = ~np.isnan(found.rows[:4_000]).all(axis=0)
    rows, truth = found.rows[:4_000, held], known.listed[:4_000]
    grown = HistGradientBoostingClassifier(max_iter=7, max_leaf_nodes=9).fit(rows, truth)
    np.testing.assert_allclose(forest(grown).raw(rows), grown.decision_function(rows), atol=1e-9)


def test_a_forecast_uses_nothing_after_its_hour(found: Features, fitted: TrendModel) -> None:
    topics = found.index.topics
    at = topics.hour[-1] - 30
    cut = features(topics.take(topics.hour <= at))
    now = outlook(cut, fitted, cut.index.topics.hour == at)
    later = outlook(found, fitted, topics.hour == at)
    for name in now.answers:
        np.testing.assert_array_equal(now.answers[name], later.answers[name])


def test_it_knows_more_than_the_rank(found: Features, fitted: TrendModel) -> None:
    from sklearn.metrics import roc_auc_score

    topics, known = found.index.topics, listed(found.index, 6)
    test = known.known & (topics.hour >= fitted.until)
    said = outlook(found, fitted, test).answers
    auc = roc_auc_score(known.listed[test], said["p_listed_6h"])
    assert auc > 0.01 + roc_auc_score(known.listed[test], -topics.pos[test])
    stays = known.listed[test]
    actual = known.heat[test][stays]
    error = np.abs(np.log(actual / said["heat_6h"][stays])).mean()
    assert error < 0.8 * np.abs(np.log(actual / topics.heat[test][stays])).mean()
    low, high = band(fitted, "heat_6h", said["heat_6h"][stays], topics.hour[test][stays])
    assert 0.6 < ((actual >= low) & (actual <= high)).mean() < 0.95


def test_a_model_is_kept_whole_and_checked(fitted: TrendModel, tmp_path: Path) -> None:
    fitted.save(tmp_path / "model.npz")
    again = TrendModel.load(tmp_path / "model.npz")
    rows = np.zeros((3, len(fitted.names)), np.float32)
    for name, grown in fitted.forests.items():
        np.testing.assert_array_equal(again.forests[name].raw(rows), grown.raw(rows))
    assert again.bands == fitted.bands
    (tmp_path / "bad.npz").write_bytes(b"\x80\x04pickle")
    with pytest.raises(AdUnionError, match="no trend model"):
        TrendModel.load(tmp_path / "bad.npz")


@pytest.mark.parametrize(("part", "value"), [("left", 1 << 30), ("right", 0), ("feature", 999)])
def test_a_model_whose_trees_lead_nowhere_is_refused(
    fitted: TrendModel, tmp_path: Path, part: str, value: int
) -> None:
    grown = next(iter(fitted.forests.values()))
    wrong = getattr(grown, part).copy()
    wrong[np.flatnonzero(~grown.leaf)[-1]] = value
    forests = {name: replace(each, **{part: wrong} if each is grown else {})
               for name, each in fitted.forests.items()}  # fmt: skip
    replace(fitted, forests=forests).save(tmp_path / "model.npz")
    with pytest.raises(AdUnionError, match="not there"):
        TrendModel.load(tmp_path / "model.npz")


def test_file_in_file_out(
    topics_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fit, "__defaults__", (0, SMALL, 3_000, None))
    told = forecast_file(topics_file, tmp_path / "out.parquet", **RANGE)
    written = pq.read_table(tmp_path / "out.parquet")
    source = pq.read_table(topics_file)
    wanted = [day >= "2026-06-14" for day in source["day"].to_pylist()]
    assert written.num_rows == told["rows"] == sum(wanted)
    keys = ("day", "hour", "pos", "title")
    assert (
        written.select(keys).to_pylist() == source.filter(pa.array(wanted)).select(keys).to_pylist()
    )
    for name in ("p_listed_6h", "p_listed_24h", "p_top10_6h"):
        assert 0 < min(written[name].to_pylist()) <= max(written[name].to_pylist()) < 1
    assert min(written["heat_6h"].to_pylist()) > 0


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"since": "2026-06-10"}, "would have seen"),
        ({"to": "2026-06-01"}, "before --from"),
        ({"since": "2027-01-01", "to": "2027-02-01"}, "has no topic from"),
        ({"train_until": "soon"}, "no date"),
        ({"train_until": "2026-05-01"}, "too few to learn"),
    ],
)
def test_a_wrong_range_is_refused(
    topics_file: Path, tmp_path: Path, changed: dict[str, str], says: str
) -> None:
    with pytest.raises(AdUnionError, match=says):
        forecast_file(topics_file, tmp_path / "out.parquet", **(RANGE | changed))
    assert not (tmp_path / "out.parquet").exists()


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [
        ("hot", "many", "no column of numbers"),
        ("hot", "-5", "Row 2: hot"),
        ("pos", "1.5", "Row 2: pos"),
        ("hour", "24", "Row 2: hour"),
        ("day", "tomorrow", "no date"),
        ("title", "", "Row 2: title"),
    ],
)
def test_a_bad_row_is_named(tmp_path: Path, column: str, value: str, says: str) -> None:
    rows = [{"day": "2026-06-01", "hour": "3", "pos": "0", "title": "a", "hot": "9"}]
    rows.append(rows[0] | {"title": "b", column: value})
    text = "\n".join(",".join(line) for line in [rows[0], *(row.values() for row in rows)])
    (tmp_path / "t.csv").write_text(text + "\n")
    with pytest.raises(AdUnionError, match=says):
        read(tmp_path / "t.csv")


def test_a_file_without_a_needed_column_is_refused(tmp_path: Path) -> None:
    pq.write_table(
        pa.table({"day": ["2026-06-01"], "hour": [1], "pos": [0]}), tmp_path / "t.parquet"
    )
    with pytest.raises(AdUnionError, match="no column title, hot"):
        read(tmp_path / "t.parquet")


def test_few_columns_are_enough(made_topics: pa.Table, tmp_path: Path) -> None:
    few = made_topics.select(["day", "hour", "title", "pos", "hot"])
    pq.write_table(few, tmp_path / "t.parquet")
    topics = read(tmp_path / "t.parquet")
    assert np.isnan(topics.counts).all()
    assert set(topics.category) == {""}
    assert features(topics.take(topics.hour < topics.hour[0] + 48)).rows.shape[1] > 50
