from __future__ import annotations

import json
from pathlib import Path

from adunion.tracking import EventType
from adunion.tracking.schemas import write_schemas


def test_there_is_one_schema_for_each_event_type(tmp_path: Path) -> None:
    written = write_schemas(tmp_path)
    assert {path.stem for path in written} == {kind.name.lower() for kind in EventType}
    refund = json.loads((tmp_path / "refund.json").read_text("utf-8"))
    assert refund["$id"] == "urn:adunion:event:refund:1"
    assert set(refund["required"]) == {"order_id", "type", "line", "amount_minor"}
    assert refund["additionalProperties"] is False


def test_the_schemas_in_docs_are_those_of_the_code(tmp_path: Path) -> None:
    kept = Path(__file__).parents[3] / "docs" / "events"
    for path in write_schemas(tmp_path):
        assert (kept / path.name).read_text("utf-8") == path.read_text("utf-8")
