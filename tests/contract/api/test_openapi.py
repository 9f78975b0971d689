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
_ACCEPTED = ["2xx", "401", "403", "404", "409", "422"]


@schemathesis.check
def a_request_that_fits_the_schema_is_not_refused_by_it(
    _ctx: Any, response: Any, case: Any
) -> None:
    """Only rules beyond the schema may refuse it, and they do not list `errors`."""
    if case.meta is not None and case.meta.generation.mode.is_positive:
        assert response.status_code != 422 or "errors" not in response.json(), response.json()


def _config(secret: str, parameters: dict[str, str], phases: dict[str, Any]) -> Any:
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
            "checks": {"positive_data_acceptance": {"expected-statuses": _ACCEPTED}},
            "phases": phases,
        }
    )


def _run(schema: Any) -> None:
    """Fail with all that the engine finds; or if it did not ask."""
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
    assert answered > 100


def _schema(api: Any, config: Any) -> Any:
    return schemathesis.openapi.from_asgi("/v1/openapi.json", api.app, config=config)


def test_every_boundary_of_every_route_as_an_operator(api: Any) -> None:
    phases = {"fuzzing": {"enabled": False}, "stateful": {"enabled": False}}
    config = _config(api.secrets["operator"], {}, phases)
    _run(_schema(api, config))


@pytest.mark.parametrize("role", ["operator", "merchant", "publisher"])
def test_random_requests_about_real_records(api: Any, role: str) -> None:
    phases = {
        "coverage": {"enabled": False},
        "stateful": {"generation": {"max-examples": 3}, "max-steps": 4},
    }
    schema = _schema(api, _config(api.secrets[role], api.ids, phases))
    own = schema.include(lambda ctx: role in ctx.operation.definition.raw["x-roles"])
    _run(own)
