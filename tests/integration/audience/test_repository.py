from __future__ import annotations

import pytest
from sqlalchemy import Engine

from adunion.audience import forget, forgotten

pytestmark = pytest.mark.integration


def test_wish_to_be_forgotten_is_kept_and_only_moves_forward(engine: Engine) -> None:
    one, two = bytes(range(16)), bytes(16)
    with engine.begin() as conn:
        forget(conn, one, 50)
        forget(conn, two, 7)
        forget(conn, one, 40)
    with engine.connect() as conn:
        assert forgotten(conn) == [(two, 7), (one, 50)]
