"""Write what is generated: event schemas, the API's description, the scenario format."""

from __future__ import annotations

import json
from pathlib import Path

from adunion.simulation.scenario import schema
from adunion.tracking.schemas import write_schemas

DOCS = Path(__file__).parents[1] / "docs"


def main() -> None:
    """Write docs/events/*.json and docs/scenario.schema.json."""
    write_schemas(DOCS / "events")
    text = json.dumps(schema(), indent=2, sort_keys=True, ensure_ascii=False)
    (DOCS / "scenario.schema.json").write_text(text + "\n", encoding="utf-8")
    print(f"Wrote {DOCS}.")


if __name__ == "__main__":
    main()
