"""``python -m local.identity --port N``: run the issuer until interrupted."""

import argparse
import signal
import sys

from local.identity.server import DEFAULT_AUDIENCE, IdentityServer


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m local.identity", description="OpenID Connect issuer, local run")
    parser.add_argument("--port", type=int, default=0, help="port on loopback; 0 takes a free one")
    parser.add_argument("--audience", default=DEFAULT_AUDIENCE, help="aud of the tokens")
    chosen = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with IdentityServer(chosen.port, chosen.audience) as server:
        print(f"identity issuer on {server.issuer.url}", flush=True)
        try:
            server.serve_forever(poll_interval=0.1)
        except KeyboardInterrupt:
            return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
