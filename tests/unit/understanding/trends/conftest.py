from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from adunion.simulation.world.lexicon import Lexicon
from adunion.simulation.world.topics import topics_table
from adunion.simulation.world.vocabulary import load


@pytest.fixture(scope="session")
def made_topics() -> pa.Table:
    """Eighteen made days of hot topics, to 2026-06-18."""
    return topics_table(
        Lexicon(load()), datetime(2026, 6, 18, 23), 18, np.random.default_rng(7), 200
    )


@pytest.fixture(scope="session")
def topics_file(made_topics: pa.Table, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same as a file."""
    file = tmp_path_factory.mktemp("topics") / "topics.parquet"
    pq.write_table(made_topics, file)
    return file
