"""Write the control API's OpenAPI document: ``python -m local.simulator.write_contract``."""

import json
from pathlib import Path

from local.simulator.callbacks import ThreadedHttp
from local.simulator.control_api import control_application
from local.simulator.simulator import Simulator

CONTRACT = Path(__file__).parents[2] / "docs" / "contracts" / "simulator-control.openapi.json"


def main() -> None:
    http = ThreadedHttp()
    document = control_application(Simulator(http)).openapi()
    http.close()
    CONTRACT.write_text(json.dumps(document, indent=2, ensure_ascii=False, sort_keys=True) + "\n", "utf-8")


if __name__ == "__main__":
    main()
