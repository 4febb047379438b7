"""The `musicc` command. Each subcommand is one function that reads like its help text."""

from pathlib import Path
from typing import Annotated

import typer

from musicc import __version__
from musicc.cli.edge import edge, say

app = typer.Typer(
    name="musicc",
    help="Contrastive dialogue synthesis: specs to plans, plans to pairs of conversations that differ on purpose.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Spec = Annotated[Path, typer.Argument(help="A .music file.", show_default=False)]
Specs = Annotated[list[Path], typer.Argument(help="One or more .music files.", show_default=False)]
Profile = Annotated[
    str | None, typer.Option("--profile", envvar="MUSICC_PROFILE", help="An overlay that the spec declares.")
]
Params = Annotated[
    list[str] | None, typer.Option("--param", "-p", metavar="NAME=VALUE", help="Set a param of the spec; repeatable.")
]
StoreFolder = Annotated[
    Path | None,
    typer.Option("--store", envvar="MUSICC_STORE", help="Where replies are kept [default: .musicc/store]."),
]
Out = Annotated[Path | None, typer.Option("--out", help="The build folder [default: build/SPEC/PROFILE].")]


@app.command()
def check(specs: Specs, profile: Profile = None, param: Params = None) -> None:
    """Report what is wrong with specs, all of it at once, without calling anybody."""
    with edge():
        from musicc.cli.check import check_specs

        check_specs(specs, profile, param or [])


@app.command()
def plan(spec: Spec, profile: Profile = None, param: Params = None, store: StoreFolder = None, out: Out = None) -> None:
    """Show what a build would do: calls, tokens, money, critical path, and what the store already holds."""
    with edge():
        from musicc.cli.plan import show_plan

        show_plan(spec, profile, param or [], store, out)


@app.command()
def build(
    spec: Spec, profile: Profile = None, param: Params = None, store: StoreFolder = None, out: Out = None
) -> None:
    """Build the pairs of a spec. Stopped at any moment, the same command goes on where it was."""
    with edge():
        from musicc.cli.build import build_spec

        build_spec(spec, profile, param or [], store, out)


@app.command()
def show(
    folder: Annotated[Path, typer.Argument(help="A build folder, build/skywork/embedded for instance.")],
    pair: Annotated[str | None, typer.Argument(metavar="[ID]", help="A pair's id, or the start of one.")] = None,
    first: Annotated[bool, typer.Option("--first", help="Only the first pair.")] = False,
) -> None:
    """Print pairs side by side: what is shared once, contrasted turns marked, the hidden instruction beside them."""
    with edge():
        from musicc.cli.show import show_pairs

        show_pairs(folder, pair, first_only=first)


@app.command()
def explain(code: Annotated[str, typer.Argument(help="A diagnostic's code, M104 for instance.")]) -> None:
    """Explain a diagnostic: why it is a fault, an example, the mend."""
    with edge():
        from musicc.cli.check import explain_code

        explain_code(code)


def _version(wanted: bool) -> None:
    if wanted:
        say(f"musicc {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options of `musicc` itself."""


def main() -> None:
    """The console script."""
    app()
