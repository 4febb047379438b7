"""`musicc check`: CPU seconds of the whole command, against a bare Python that only starts.

python -m benchmarks.check [--rounds 7]
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import heading, turn_about

PAPER = Path("specs/skywork.music")

DIALOGUE = """
dialogue d{number} {{
  seeds     = skywork
  user      = curious_user on gemini {{ temperature: 1.0, max_tokens: 256 }}
  assistant = helpful_assistant on gemini {{ temperature: 0.7, max_tokens: 512 }}
  turns     = 5

  rejected {{
    turn 1        other_instruction
    turn 2..4     60% sidestep | 40% forget_history
    turn last     sidestep
  }}
}}
"""


def write_long(path: Path, lines: int) -> None:
    """A spec of at least `lines` lines: the paper's, with many more dialogues."""
    text, number = PAPER.read_text(), 0
    parts = [text]
    count = text.count("\n")
    while count < lines:
        parts.append(DIALOGUE.format(number=number))
        count += DIALOGUE.count("\n")
        number += 1
    path.write_text("".join(parts))


def child(command: list[str]) -> None:
    """Runs a command and prints the CPU seconds that it took, start and end of Python included."""
    done = subprocess.run([sys.executable, *command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 0, done.stderr
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(json.dumps({"cpu": used.ru_utime + used.ru_stime}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--child", nargs=argparse.REMAINDER)
    given = parser.parse_args()
    if given.child:
        return child(given.child)
    me = ["-m", "benchmarks.check", "--child"]
    with tempfile.TemporaryDirectory() as folder:
        long = Path(folder) / "long.music"
        write_long(long, 10_000)
        contestants = {
            "python": [*me, "-c", "pass"],
            "paper": [*me, "-m", "musicc", "check", str(PAPER)],
            "10,000 lines": [*me, "-m", "musicc", "check", str(long)],
        }
        figures = turn_about(contestants, given.rounds)
    heading(f"CPU seconds of a whole `musicc check`, {given.rounds} rounds")
    for name, one in figures.items():
        print(f"  {name:13} {one['cpu']:6.3f} s   {one['cpu'] / figures['python']['cpu']:6.1f} x a bare Python")
    return None


if __name__ == "__main__":
    main()
