"""The committed OpenAPI document is the control API's, and the client speaks it."""

import json
from pathlib import Path

from openapi_spec_validator import validate

from local.simulator.callbacks import ThreadedHttp
from local.simulator.control_api import control_application
from local.simulator.knobs import Knobs
from local.simulator.simulator import Simulator

ROOT = Path(__file__).parents[3]
CONTRACT = ROOT / "docs" / "contracts" / "simulator-control.openapi.json"


def test_the_committed_document_is_what_the_code_serves() -> None:
    http = ThreadedHttp()
    served = control_application(Simulator(http)).openapi()
    http.close()

    committed = json.loads(CONTRACT.read_text("utf-8"))

    assert served == committed, "write it anew: python -m local.simulator.write_contract"
    validate(committed)


def test_every_knob_is_in_the_docs_and_says_when_it_is_unverified() -> None:
    text = (ROOT / "docs" / "simulator.md").read_text("utf-8")

    for name, schema in Knobs.model_json_schema()["properties"].items():
        assert f"`{name}`" in text, name
        assert schema.get("x-unverified", False) == ("UNVERIFIED" in schema["description"]), name
