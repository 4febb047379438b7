"""What cards are made of: tables, code, the paper to cite."""

from collections.abc import Iterable, Sequence

PAPER = """\
@misc{li2025music,
  title         = {{MUSIC}: {MUlti-Step} Instruction Contrast for Multi-Turn Reward Models},
  author        = {Wenzhe Li and Shujian Zhang and Wenxuan Zhou and John Lambert and Chi Jin and Andrew Hard
                   and Rajiv Mathews and Lun Wang},
  year          = {2025},
  eprint        = {2512.24693},
  archivePrefix = {arXiv},
  url           = {https://arxiv.org/abs/2512.24693}
}"""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A line for each row. Cells may hold any text: one that looks like Markdown's table signs does not end its cell."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(map(_cell, line))} |\n" for line in lines)


def code(text: str) -> str:
    """A text as it is, in one line."""
    line = " ".join(text.split())
    return f"`` {line} ``" if "`" in line else f"`{line}`"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
