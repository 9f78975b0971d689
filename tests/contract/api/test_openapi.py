"""Schemathesis: no request, however odd, is answered otherwise than the description says."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

pytestmark = [pytest.mark.integration, pytest.mark.contract]

# What a schema cannot say (an end after its start) is refused with 422 too; the check below holds
# such refusals apart from those of the schema's own rules.
_ACCEPTED = ["2xx", "302", "401", "403", "404", "409", "422"]


@schemathesis.check
def a_request_that_fits_the_schema_is_not_refused_by_it(
    _ctx: Any, response: Any, case: Any
) -> None:
    """Only rules beyond the schema may refuse it, and they do not list `errors`."""
    if case.meta is not None and case.meta.generation.mode.is_positive:
        assert response.status_code != 422 or "errors" not in response.json(), response.json()


def _config(secret: str, parameters: dict[str, str], phases: dict[str, Any], **checks: Any) -> Any:
    return SchemathesisConfig.from_dict(
        {
            "seed": 7,
            "headers": {"Authorization": f"Bearer {secret}"},
            "parameters": parameters,
            "continue-on-failure": True,
            "generation": {
                "max-examples": 5,
                "deterministic": True,
                "no-shrink": True,
                "database": "none",
            },
            "checks": {"positive_data_acceptance": {"expected-statuses": _ACCEPTED}, **checks},
            "phases": phases,
        }
    )


def _run(schema: Any) -> int:
    """How many requests were answered; fails with all that the engine finds."""
    found, answered = [], 0
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            recorder = event.recorder
            answered += sum(1 for i in recorder.interactions.values() if i.response is not None)
            for case_id, checks in recorder.checks.items():
                failed = [c for c in checks if c.failure_info is not None]
                curl = recorder.cases[case_id].value.as_curl_command()[:600] if failed else ""
                found += [f"{c.name}: {c.failure_info.failure}\n{curl}" for c in failed]
        elif isinstance(event, events.NonFatalError):
            found.append(f"{event.label}: {event.value!r}")
        elif isinstance(event, events.FatalError):
            raise event.exception
    if found:
        pytest.fail("\n\n".join(found), pytrace=False)
    return answered


def _schema(app: Any, config: Any) -> Any:
    return schemathesis.openapi.from_asgi("/v1/openapi.json", app, config=config)


def test_every_boundary_of_every_route_as_an_operator(api: Any) -> None:
    phases = {"fuzzing": {"enabled": False}, "stateful": {"enabled": False}}
    config = _config(api.secrets["operator"], {}, phases)
    assert _run(_schema(api.app, config).exclude(tag="hot path")) > 1_000


def test_every_boundary_of_decisions_and_links_and_random_ones(api: Any, hot_path: Any) -> None:
    phases = {"stateful": {"enabled": False}}
    config = _config(api.secrets["merchant"], {"code": hot_path.code}, phases)
    asked = _schema(hot_path, config).include(operation_id=["decide", "follow_link"])
    assert _run(asked) > 100


def test_random_events(api: Any, hot_path: Any) -> None:
    phases = {"coverage": {"enabled": False}, "stateful": {"enabled": False}}
    # Each event is judged on its own: a bad one is answered 202, with `rejected` as its result.
    judged = {"negative_data_rejection": {"enabled": False}}
    config = _config(api.secrets["merchant"], {}, phases, **judged)
    assert _run(_schema(hot_path, config).include(operation_id="events")) > 2


@pytest.mark.parametrize("role", ["operator", "merchant", "publisher"])
def test_random_requests_about_real_records(api: Any, role: str) -> None:
    phases = {
        "coverage": {"enabled": False},
        "stateful": {"generation": {"max-examples": 3}, "max-steps": 4},
    }
    schema = _schema(api.app, _config(api.secrets[role], api.ids, phases))
    own = schema.include(lambda ctx: role in ctx.operation.definition.raw["x-roles"])
    assert _run(own) > 100
