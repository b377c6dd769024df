"""``python -m local.simulator --port N --control-port M [--world FILE]``"""

import argparse
from pathlib import Path

from local.simulator.server import run


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m local.simulator", description="A simulated WeCom on loopback.")
    parser.add_argument("--port", type=int, default=0, help="WeCom API port; 0 takes a free one")
    parser.add_argument("--control-port", type=int, default=0, help="control API port; 0 takes a free one")
    parser.add_argument("--proxy-port", type=int, default=0, help="CONNECT proxy to the API; 0 takes a free one")
    parser.add_argument("--world", type=Path, help="world JSON to load at the start")
    arguments = parser.parse_args()
    run(arguments.port, arguments.control_port, arguments.proxy_port, arguments.world)


if __name__ == "__main__":
    main()
