from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from adunion.understanding.trends import read
from adunion.understanding.trends.features import features
from adunion.understanding.trends.index import index, running_max, running_sum
from adunion.understanding.trends.labels import listed, topped
from adunion.understanding.trends.types import Topics


def test_what_comes_later_changes_no_feature(topics_file: Path) -> None:
    topics = read(topics_file)
    whole = features(topics)
    for hours in (24 * 9 + 5, 24 * 17):
        early = topics.hour <= topics.hour[0] + hours
        cut = features(topics.take(early))
        assert cut.names == whole.names
        np.testing.assert_array_equal(cut.rows, whole.rows[early])


def test_the_order_of_a_files_rows_says_nothing(made_topics: pa.Table, tmp_path: Path) -> None:
    shuffled = made_topics.take(np.random.default_rng(1).permutation(made_topics.num_rows))
    for name, table in (("a", made_topics), ("b", shuffled)):
        pq.write_table(table, tmp_path / f"{name}.parquet")
    one, other = (read(tmp_path / f"{name}.parquet") for name in "ab")
    np.testing.assert_array_equal(one.topic, other.topic)
    np.testing.assert_array_equal(one.heat, other.heat)


def test_a_topics_past_is_its_own() -> None:
    topics = _topics(
        [(0, 12, "a", 50), (1, 9, "a", 90), (1, 11, "b", 40), (3, 11, "a", 20), (40, 2, "a", 70)]
    )
    found = features(topics)
    column = {name: found.rows[:, k] for k, name in enumerate(found.names)}
    assert column["topped"].tolist() == [0, 1, 0, 1, 1]
    assert column["best"].tolist() == [12, 9, 11, 9, 2]  # the last is a new spell
    assert column["age"].tolist() == [0, 1, 0, 3, 0]
    assert column["listed"].tolist() == [1, 2, 1, 3, 1]
    assert column["spells"].tolist() == [0, 0, 0, 0, 1]
    assert column["former_life"][4] == 4
    assert column["since_peak"].tolist() == [0, 0, 0, 2, 0]
    assert np.isnan(column["heat_1"][0])
    assert column["heat_1"][1] == np.float32(np.log1p(90) - np.log1p(50))


def test_labels_say_nothing_where_the_file_ends_or_lacks_an_hour() -> None:
    topics = _topics([(0, 12, "a", 50), (0, 13, "b", 9), (6, 3, "a", 90), (9, 0, "c", 1)])
    found = listed(index(topics), 6)
    assert found.known.tolist() == [True, True, False, False]
    assert found.listed.tolist() == [True, False, False, False]
    assert found.heat[0] == 90
    assert topped(index(topics)).listed.tolist() == [True, False, False, False]
    assert not topped(index(topics)).known.any()  # one hour of six is too few


def test_running_figures_stay_in_their_group() -> None:
    group = np.array([0, 0, 0, 1, 1])
    values = np.array([1.0, 3.0, 2.0, 0.5, 0.25])
    assert running_max(group, values).tolist() == [1, 3, 3, 0.5, 0.5]
    assert running_sum(group, values).tolist() == [1, 4, 6, 0.5, 0.75]


def _topics(rows: list[tuple[int, int, str, float]]) -> Topics:
    hour, pos, title, heat = zip(*rows, strict=True)
    titles, topic = np.unique(np.array(title, dtype=object), return_inverse=True)
    count = len(rows)
    return Topics(
        np.array(hour) + 480_000, np.array(pos), topic, titles, np.full(count, "", object),
        np.array(heat, float), np.zeros(count, bool), np.full((count, 3), np.nan),
    )  # fmt: skip
