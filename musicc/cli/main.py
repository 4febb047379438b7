"""The `musicc` command. Each subcommand is one function that reads like its help text."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from musicc import __version__
from musicc.cli import store_commands
from musicc.cli.edge import Format, edge, say
from musicc.cli.options import (
    Batch,
    DiagnosticFormat,
    Diff,
    Locked,
    MaxCalls,
    MaxCost,
    NoWait,
    OptionalSpec,
    Out,
    Output,
    Params,
    Precision,
    Profile,
    Spec,
    Specs,
    StoreFolder,
    Sweep,
)

app = typer.Typer(
    name="musicc",
    help="Contrastive dialogue synthesis: specs to plans, plans to pairs of conversations that differ on purpose.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(store_commands.group, name="store")


@app.command()
def check(
    specs: Specs,
    profile: Profile = None,
    param: Params = None,
    form: DiagnosticFormat = Format.TEXT,
    locked: Annotated[
        bool, typer.Option("--locked", help="Report files and imports that are not what the lock says.")
    ] = False,
) -> None:
    """Report what is wrong with specs, all of it at once, without calling anybody."""
    with edge(form):
        from musicc.cli.check import check_specs

        check_specs(specs, profile, param or [], form, locked=locked)


@app.command()
def fix(
    specs: Specs,
    diff: Diff = False,
) -> None:
    """Mend specs: apply every suggestion that makes them better, and say what is left."""
    with edge():
        from musicc.cli.fix import fix_specs

        fix_specs(specs, diff=diff)


@app.command()
def fmt(
    specs: Annotated[
        list[Path],
        typer.Argument(help="Files, folders that are searched for .music files, or `-` for stdin.", show_default=False),
    ],
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit with 1 if a file is not formatted.")
    ] = False,
    diff: Diff = False,
) -> None:
    """Lay specs out in the one style there is; what they mean, their comments and their literals stay."""
    with edge():
        from musicc.cli.fmt import format_specs

        format_specs(specs, check=check, diff=diff)


@app.command()
def plan(
    spec: Spec,
    profile: Profile = None,
    param: Params = None,
    store: StoreFolder = None,
    out: Out = None,
    sweep: Sweep = None,
) -> None:
    """Show what a build would do: calls, tokens, money, critical path, and what the store already holds."""
    with edge():
        if sweep is None:
            from musicc.cli.plan import show_plan

            show_plan(spec, profile, param or [], store, out)
        else:
            from musicc.cli.sweep import plan_sweep

            plan_sweep(spec, sweep, profile, param or [], store)


@app.command()
def diff(
    first: Annotated[str, typer.Argument(metavar="A", help="A .music file, or REVISION:PATH as git names it.")],
    second: Annotated[
        str | None, typer.Argument(metavar="[B]", help="The same; without it, A is compared with its last commit.")
    ] = None,
    profile: Profile = None,
    param: Params = None,
    store: StoreFolder = None,
    form: Output = "text",
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit with 1 if anything differs.")] = False,
) -> None:
    """Compare two specs as plans: what is declared otherwise, and which calls that adds, takes away and keeps."""
    with edge():
        from musicc.cli.diff import diff_specs

        diff_specs(first, second, profile, param or [], store, form, exit_code=exit_code)


@app.command()
def build(
    spec: Spec,
    profile: Profile = None,
    param: Params = None,
    store: StoreFolder = None,
    out: Out = None,
    sweep: Sweep = None,
    locked: Locked = False,
    batch: Batch = False,
    no_wait: NoWait = False,
    max_calls: MaxCalls = None,
    max_cost: MaxCost = None,
) -> None:
    """Build the pairs of a spec. Stopped at any moment, the same command goes on where it was."""
    with edge():
        from musicc.cli.batch import pace_of
        from musicc.cli.budget import allowance

        pace, allowed = pace_of(batch=batch, no_wait=no_wait), allowance(max_calls, max_cost)
        if sweep is None:
            from musicc.cli.build import build_spec

            build_spec(spec, profile, param or [], store, out, locked=locked, pace=pace, allowed=allowed)
        else:
            from musicc.cli.sweep import build_sweep

            build_sweep(spec, sweep, profile, param or [], store, out, locked=locked, pace=pace, allowed=allowed)


@app.command()
def train(
    spec: OptionalSpec = None,
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="One of its reward models; all of them if none is named.")
    ] = None,
    profile: Profile = None,
    param: Params = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint.")] = False,
    store: StoreFolder = None,
    out: Out = None,
) -> None:
    """Train the reward models of a spec on what was built; without one, those of the latest build. Calls nobody."""
    with edge():
        from musicc.cli.train import train_spec

        train_spec(spec, name, profile, param or [], store, out, resume=resume)


@app.command()
def score(
    model: Annotated[
        str,
        typer.Argument(
            metavar="RM",
            help="A reward model: its folder, build/SPEC/PROFILE/reward/NAME, or its name on the hub.",
            show_default=False,
        ),
    ],
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...", help="Conversations or pairs: JSONL, JSON, CSV or Parquet.", show_default=False
        ),
    ],
    out: Annotated[
        Path | None, typer.Option("--out", help="Write JSON lines to a file; stopped, it can be gone on with.")
    ] = None,
    form: Annotated[
        Literal["jsonl", "table"] | None,
        typer.Option("--format", help="For programs, or for people [default: a table on a terminal]."),
    ] = None,
    field: Annotated[
        str | None, typer.Option("--field", metavar="COLUMN", help="Where the conversation stands, or a pair's prompt.")
    ] = None,
    precision: Precision = "fp32",
    token_budget: Annotated[
        int | None, typer.Option("--token-budget", min=1, help="Tokens that are read at once [default: by the device].")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where the same command was stopped.")] = False,
) -> None:
    """Score conversations or pairs with a reward model, a line for each record of the files, in their order."""
    with edge():
        from musicc.cli.score import Scoring, score_files

        score_files(Scoring(model, files, out, form, field, precision, token_budget, resume))


@app.command(name="eval")
def evaluate(
    spec: OptionalSpec = None,
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="One of its evals; all of them if none is named.")
    ] = None,
    profile: Profile = None,
    param: Params = None,
    store: StoreFolder = None,
    out: Out = None,
    precision: Precision = "fp32",
    locked: Locked = False,
    max_calls: MaxCalls = None,
    max_cost: MaxCost = None,
) -> None:
    """Evaluate trained reward models; without a spec, those of the latest build. Stopped, the same command goes on."""
    with edge():
        from musicc.cli.budget import allowance
        from musicc.cli.evaluate import Asked, evaluate_spec

        allowed = allowance(max_calls, max_cost)
        evaluate_spec(Asked(spec, name, profile, param or [], store, out, precision, allowed, locked))


@app.command()
def lock(
    spec: Spec,
    profile: Profile = None,
    param: Params = None,
    update: Annotated[
        list[str] | None, typer.Option("--update", metavar="NAME", help="Pin these seeds anew; repeatable.")
    ] = None,
) -> None:
    """Pin all that a spec reads in SPEC.lock: the revisions of data sets, and the digests of files and imports."""
    with edge():
        from musicc.cli.lock import lock_spec

        lock_spec(spec, profile, param or [], update or [])


@app.command()
def show(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="A build folder, build/skywork/embedded for instance.")],
    pair: Annotated[str | None, typer.Argument(metavar="[ID]", help="A pair's id, or the start of one.")] = None,
    first: Annotated[bool, typer.Option("--first", help="Only the first pair.")] = False,
    origin: Annotated[
        bool, typer.Option("--origin", help="Of a .music file: every resolved value, and where it was set.")
    ] = False,
    profile: Profile = None,
    param: Params = None,
    form: Output = "text",
) -> None:
    """Print pairs side by side: what is shared once, contrasted turns marked, the hidden instruction beside them.

    With --origin SPEC, print every resolved value of a spec, and the line, profile, option or variable that set it.
    """
    with edge():
        if origin:
            from musicc.cli.origin import show_origins

            source = context.get_parameter_source("profile")
            chosen_by = "MUSICC_PROFILE" if source and source.name == "ENVIRONMENT" else "--profile"
            show_origins(folder, profile, chosen_by, param or [], form)
        else:
            from musicc.cli.show import show_pairs

            show_pairs(folder, pair, form, first_only=first)


@app.command()
def export(
    spec: OptionalSpec = None,
    for_labels: Annotated[
        bool, typer.Option("--for-labels", help="A sheet that does not tell which conversation is the chosen one.")
    ] = False,
    profile: Profile = None,
    param: Params = None,
    of: Annotated[
        str | None,
        typer.Option("--of", metavar="NAME", help="A dialogue, or a dataset [default: the only dialogue]."),
    ] = None,
    pairs: Annotated[
        int | None, typer.Option("--pairs", min=1, metavar="N", help="So many, drawn at random [default: all].")
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", help="What the sheet is drawn with [default: the spec's].")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="The sheet's folder [default: labels/NAME in the build folder].")
    ] = None,
) -> None:
    """Write pairs as a blinded sheet, a page and a table, which people label; without a spec, those of the latest build."""
    with edge():
        from musicc.cli.export import Wanted, export_labels

        export_labels(spec, profile, param or [], Wanted(of, pairs, seed, out), for_labels=for_labels)


@app.command()
def report(
    spec: OptionalSpec = None,
    profile: Profile = None,
    out: Out = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", help="Where to write it [default: report.html in the build folder; stdout for text]."),
    ] = None,
    form: Annotated[
        Literal["html", "markdown", "json"], typer.Option("--format", help="A page, or its tables alone.")
    ] = "html",
    pairs: Annotated[int, typer.Option("--pairs", min=0, metavar="N", help="How many pairs the page shows.")] = 200,
    compare: Annotated[
        tuple[Path, Path] | None, typer.Option("--compare", metavar="A B", help="Two build folders beside each other.")
    ] = None,
) -> None:
    """Tell what was built, trained and evaluated, with pairs side by side; without a spec, of the latest build. Calls nobody."""
    with edge():
        from musicc.cli.report import Told, report_build, report_two

        told = Told(form, file, pairs)
        if compare is None:
            report_build(spec, profile, out, told)
        else:
            report_two(*compare, told)


@app.command()
def explain(
    code: Annotated[
        str | None,
        typer.Argument(metavar="[CODE]", help="A diagnostic's code, M104 for instance; all if none is given."),
    ] = None,
) -> None:
    """Explain a diagnostic: why it is a fault, an example, the mend."""
    with edge():
        from musicc.cli.check import explain_code

        explain_code(code)


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="Where to write it; made if it is not there.")] = Path(),
) -> None:
    """Write a first spec with a README and a .gitignore, which build as they are; nothing is overwritten."""
    with edge():
        from musicc.cli.init import init_project

        init_project(folder)


@app.command()
def lsp(
    tcp: Annotated[int | None, typer.Option("--tcp", metavar="PORT", help="Serve on a port of this machine.")] = None,
) -> None:
    """Serve an editor over stdin and stdout: diagnostics while typing, completion, hover, renaming."""
    with edge():
        from musicc.cli.lsp import serve_editor

        serve_editor(tcp)


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
