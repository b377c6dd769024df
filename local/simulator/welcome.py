"""Welcome codes: given with an add event, alive for 20 s, good for one message (5.8)."""

import secrets

from local.simulator.state import Simulation, WelcomeCode


def issue_welcome_code(simulation: Simulation, userid: str, external_userid: str) -> str:
    code = f"CALLBACKCODE-{secrets.token_urlsafe(24)}"
    simulation.state.welcome_codes[code] = WelcomeCode(userid, external_userid, simulation.now())
    return code
