"""The options that several commands have."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from musicc.cli.complete import parameter_names, profile_names
from musicc.cli.edge import Format

Spec = Annotated[Path, typer.Argument(help="A .music file.", show_default=False)]
OptionalSpec = Annotated[Path | None, typer.Argument(metavar="[SPEC]", help="A .music file.", show_default=False)]
Specs = Annotated[list[Path], typer.Argument(help="One or more .music files.", show_default=False)]
Profile = Annotated[
    str | None,
    typer.Option(
        "--profile",
        envvar="MUSICC_PROFILE",
        help="An overlay that the spec declares.",
        autocompletion=profile_names,
    ),
]
Params = Annotated[
    list[str] | None,
    typer.Option(
        "--param",
        "-p",
        metavar="NAME=VALUE",
        help="Set a param of the spec; repeatable.",
        autocompletion=parameter_names,
    ),
]
DiagnosticFormat = Annotated[
    Format, typer.Option("--format", help="How diagnostics are written; for programs they go to stdout.")
]
Output = Annotated[Literal["text", "json"], typer.Option("--format", help="For people, or for programs.")]
StoreFolder = Annotated[
    Path | None,
    typer.Option("--store", envvar="MUSICC_STORE", help="Where replies are kept [default: .musicc/store]."),
]
Out = Annotated[Path | None, typer.Option("--out", help="The build folder [default: build/SPEC/PROFILE].")]
Diff = Annotated[bool, typer.Option("--diff", help="Print what would change, and write nothing.")]
Precision = Annotated[
    Literal["fp32", "bf16"],
    typer.Option("--precision", help="In bf16, rewards depend a little on what is scored together."),
]
Locked = Annotated[bool, typer.Option("--locked", help="Refuse if what is read is not what the lock says.")]
Batch = Annotated[
    bool, typer.Option("--batch", help="Make calls in batches where the server has them: half the price, hours later.")
]
NoWait = Annotated[
    bool, typer.Option("--no-wait", help="With --batch: fetch what is there, hand in what can be, and exit with 3.")
]
MaxCalls = Annotated[
    int | None, typer.Option("--max-calls", min=0, help="Stop before more calls are made; what was received is kept.")
]
MaxCost = Annotated[
    float | None, typer.Option("--max-cost", min=0, metavar="USD", help="Stop before more money is spent.")
]
Sweep = Annotated[str | None, typer.Option("--sweep", help="All points of a sweep that the spec declares.")]
