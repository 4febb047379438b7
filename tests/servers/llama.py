"""llama.cpp's server with the embedded model's weights, in a process of its own, as anyone may run it.

`python -m tests.servers.llama` prints its URL and serves until it is killed.
"""

import argparse
import os
import signal
from pathlib import Path

from xllamacpp import CommonParams, Server

from musicc.runtime.llm.embedded import QUIET
from musicc.runtime.llm.weights import locate


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.servers.llama")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--context", type=int, default=512, help="tokens a slot")
    parser.add_argument("--slots", type=int, default=2)
    parser.add_argument("--name", default="", help="of the model")
    parser.add_argument("--token-from", metavar="VARIABLE", help="the environment variable with the API key asked for")
    given = parser.parse_args()
    params = CommonParams()
    params.model.path = str(locate("smollm2_135m", Path(), lambda _: None))
    params.n_parallel, params.n_ctx = given.slots, given.slots * given.context
    params.port, params.verbosity, params.ui = given.port, QUIET, False
    if given.name:
        params.model_alias = {given.name}
    if given.token_from:
        params.api_keys = [os.environ[given.token_from]]
    server = Server(params)
    print(f"{server.listening_address}/v1", flush=True)
    signal.pause()


if __name__ == "__main__":
    main()
