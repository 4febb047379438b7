"""The fake server, with a judge behind it: `python -m tests.servers.judge --log FILE --median 0.05`.

A message that begins with `JUDGE PAIR` (two texts follow, `VERSUS` between them) or `JUDGE TURN` is answered with a
verdict that depends on the request alone: half of the time against the pair, now and then a tie or nothing that can be
read. All else is answered as ever.
"""

import argparse
import asyncio
from contextlib import suppress
from pathlib import Path

from tests.servers.openai import Behaviour, Body, digest_of, reply_text, serving

FORMS = ("{}", "{}", "{}.", "Verdict: {}", "<think>A? B?</think>{}", "Both are fine.\n{}", "tie", "hard to say")
TURN = ("yes", "Yes.", "yes", "no", "No.", "perhaps")


def answer(body: Body) -> str:
    asked = body["messages"][-1]["content"]
    drawn = _number({"asked": asked, "seed": body.get("seed")})
    if asked.startswith("JUDGE PAIR"):
        one, other = (_number({"side": side.strip()}) for side in asked.removeprefix("JUDGE PAIR").split("VERSUS"))
        return FORMS[drawn % len(FORMS)].format("A" if one > other else "B")
    return TURN[drawn % len(TURN)] if asked.startswith("JUDGE TURN") else reply_text(body)


def _number(value: Body) -> int:
    return int(digest_of(value)[:6], 16)


async def _main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.servers.judge")
    parser.add_argument("--log", type=Path)
    parser.add_argument("--median", type=float, default=0.0, help="seconds")
    given = parser.parse_args()
    async with serving(Behaviour(answer=answer, log=given.log, median=given.median, sigma=0.8)) as server:
        print(server.url, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(_main())
