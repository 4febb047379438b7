"""`musicc store`: what is in the store of replies, whether it is sound, what can go, and how to share it."""

from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import orjson
import typer

from musicc.cli.edge import complain, note, say, write_anything
from musicc.cli.places import store_folder
from musicc.cli.steps import steps
from musicc.diagnostics import Diagnostic, DiagnosticError
from musicc.diagnostics.codes.running import BAD_OPTION, OTHER_REPLY
from musicc.diagnostics.words import counted
from musicc.runtime.engine.caller import decode
from musicc.runtime.llm.types import Reply
from musicc.runtime.store.compact import compact
from musicc.runtime.store.export import is_export, read_export, write_export
from musicc.runtime.store.journal import Journal, Piece
from musicc.runtime.store.recovery import damage, recover
from musicc.runtime.store.share import TakenIn, by_key, take_in
from musicc.runtime.store.store import SNAPSHOT, Store
from musicc.runtime.store.survey import Survey, Wanted, current, everything, opened, survey
from musicc.semantics.files import shown

DAMAGED = 1
_KILO = 1000
_WORDS = 60  # characters of a reply in a list
_KEY = 12  # hexadecimal digits of a key in a list


def show_size(store: Path | None, form: str) -> None:
    """Prints records and bytes. Raises DiagnosticError."""
    folder = store_folder(store)
    with opened(folder) as journal:
        found = recover(journal, folder / SNAPSHOT)
    complain(found.damaged)
    snapshot = folder / SNAPSHOT
    index = snapshot.stat().st_size if snapshot.is_file() else 0
    facts = {"records": len(found.index), "bytes": journal.end + index, "journal": journal.end, "index": index}
    if form == "json":
        say(orjson.dumps({"store": str(folder), **facts}).decode())
        return
    say(shown(folder))
    for name, value in facts.items():
        say(f"  {name:8}{value:>16,}" + ("" if name == "records" or value < _KILO else f"  {_size(value)}"))


def list_records(store: Path | None, limit: int | None, form: str) -> None:
    """Prints a line a record, the oldest first. Raises DiagnosticError."""
    folder = store_folder(store)
    write_anything("replace")  # a terminal need not know every character of a reply
    as_text = _as_json if form == "json" else _as_line
    with opened(folder) as journal:
        index = recover(journal, folder / SNAPSHOT).index
        for piece in islice(current(journal, index), limit):
            say(as_text(piece))


def verify_store(store: Path | None) -> None:
    """Says which places are damaged. Raises DiagnosticError, and Exit with 1 where there is one."""
    damaged: list[Diagnostic] = []
    with opened(store_folder(store)) as journal:

        def report(piece: Piece) -> None:
            if not piece.torn:
                damaged.append(damage(journal, piece.offset, f"{piece.size:,} bytes"))

        with steps("verifying") as step:
            found = survey(journal, step, report=report)
    complain(damaged)
    if found.torn.size:
        note(f"{found.torn.size:,} bytes at the end are a record that is being written, or whose writer was killed")
    say(f"{counted(found.kept.count, 'record')} sound ({_size(found.kept.size)}), {_places(found)} damaged")
    if damaged:
        say("`musicc store gc` drops the damaged bytes; a build asks again for the replies that it needs of them")
        raise typer.Exit(DAMAGED)


def collect_garbage(
    store: Path | None, keep: Sequence[Path], profiles: Sequence[str], params: Sequence[str], *, dry_run: bool
) -> None:
    """Drops what nobody needs, and says before how much that is. Raises DiagnosticError."""
    with opened(store_folder(store), lock=not dry_run) as journal:
        found = _surveyed(journal, keep, profiles, params)
        if found.unwanted.count and not found.kept.count:
            raise DiagnosticError(_nothing_kept(found), exit_code=2)
        say(_summary(found, dropped="would go" if dry_run else "go"))
        if dry_run or not found.waste:
            say("nothing was changed")
            return
        with steps("writing the new journal") as step:
            compact(journal, found, step)
        after = journal.end - found.waste
        say(f"{shown(journal.path)}: {_size(journal.end)} before, {_size(after)} now")


def export_records(
    store: Path | None, file: Path, keep: Sequence[Path], profiles: Sequence[str], params: Sequence[str]
) -> None:
    """Writes the store's records to `file`, or those that the builds of `keep` read. Raises DiagnosticError."""
    if file.exists() and not file.is_dir() and not is_export(file):
        fault = f"`{file}` is there already, and is no export"
        raise DiagnosticError(Diagnostic(BAD_OPTION, fault, help="name another file; nothing was written"), exit_code=2)
    with opened(store_folder(store)) as journal:
        found = _surveyed(journal, keep, profiles, params)
        if found.damaged.count:
            note(f"{_places(found)} of the store damaged and left out: see `musicc store verify`")
        with steps("exporting") as step:
            write_export(file, by_key(journal, found, step))
    say(f"{counted(found.kept.count, 'record')} in {file} ({_size(file.stat().st_size)})")


def import_records(store: Path | None, files: Sequence[Path]) -> None:
    """Adds what is new in `files`, all of which are read to their ends before. Raises DiagnosticError."""
    for file in files:
        with steps(f"checking {file.name}") as step:
            for _ in read_export(file, step):
                pass
    with Store.open(store_folder(store)) as into:
        for file in files:
            with steps(f"taking in {file.name}") as step:
                taken = take_in(into, read_export(file, step))
            complain(_conflicts(taken, file))
            say(f"{file}: {counted(taken.added, 'record')} added, {taken.known + taken.differing:,} known")
        complain(into.damaged)


def _surveyed(journal: Journal, keep: Sequence[Path], profiles: Sequence[str], params: Sequence[str]) -> Survey:
    if not keep and (profiles or params):
        fault = Diagnostic(
            BAD_OPTION, "`--profile` and `-p` say which builds of a spec are meant", help="add `--keep SPEC`"
        )
        raise DiagnosticError(fault, exit_code=2)
    wanted: Wanted = everything
    if keep:
        from musicc.cli.kept import wanted_by

        wanted = wanted_by(keep, profiles, params, journal.path.parent)
    with steps("reading the store") as step:
        return survey(journal, step, wanted)


def _summary(found: Survey, dropped: str) -> str:
    """What stays, and a line for each reason to go."""
    reasons = [
        (counted(found.unwanted.count, "record"), found.unwanted, "no build of the kept specs reads them"),
        (counted(found.superseded.count, "record"), found.superseded, "a newer one has their key"),
        (counted(found.damaged.count, "place"), found.damaged, "damaged"),
        (counted(found.torn.count, "record"), found.torn, "not written to the end"),
    ]
    lines = [f"{what} {dropped} ({_size(amount.size)}): {why}" for what, amount, why in reasons if amount.size]
    return "\n".join([f"{counted(found.kept.count, 'record')} kept ({_size(found.kept.size)})", *lines])


def _nothing_kept(found: Survey) -> Diagnostic:
    """A wrong spec or a wrong store, most likely; too dear to be guessed."""
    return Diagnostic(
        BAD_OPTION,
        f"no build of the kept specs reads any of the store's {counted(found.unwanted.count, 'record')}: nothing was dropped",
        help="name the specs whose builds are in it; who wants none of it deletes the folder",
    )


def _conflicts(taken: TakenIn, file: Path) -> list[Diagnostic]:
    if not taken.differing:
        return []
    keys = ", ".join(key.hex()[:_KEY] for key in taken.keys)
    more = ", …" if taken.differing > len(taken.keys) else ""
    message = f"to {counted(taken.differing, 'call')} the store has another reply, and keeps it: {keys}{more}"
    return [Diagnostic(OTHER_REPLY, message, str(file))]


# How things are written


def _as_line(piece: Piece) -> str:
    reply = _reply(piece)
    tokens = f"{reply.completion_tokens:,} tokens" if reply else "no reply"
    words = _clean(reply.text) if reply else ""
    return f"{piece.key.hex()[:_KEY]}  {len(piece.value):>9,} bytes  {tokens:>13}  {words}".rstrip()


def _as_json(piece: Piece) -> str:
    reply = _reply(piece)
    facts: dict[str, object] = {"key": piece.key.hex(), "bytes": len(piece.value)}
    if reply:
        facts |= {
            "text": reply.text,
            "finish": reply.finish,
            "prompt_tokens": reply.prompt_tokens,
            "completion_tokens": reply.completion_tokens,
        }
    return orjson.dumps(facts).decode()


def _reply(piece: Piece) -> Reply | None:
    """None where another version of musicc keeps something else."""
    try:
        return decode(piece.value)
    except (ValueError, TypeError):
        return None


def _clean(text: str) -> str:
    """The first words, on one line, without what a terminal would obey."""
    line = " ".join(text[: 4 * _WORDS].split())
    plain = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in line)
    return plain if len(plain) <= _WORDS else plain[: _WORDS - 1].rstrip() + "…"


def _places(found: Survey) -> str:
    return f"{counted(found.damaged.count, 'place')} ({_size(found.damaged.size)})" if found.damaged.count else "none"


def _size(number: float) -> str:
    for unit in ("bytes", "kB", "MB"):
        if number < _KILO:
            return f"{number:.0f} {unit}" if unit == "bytes" else f"{number:.1f} {unit}"
        number /= _KILO
    return f"{number:,.1f} GB"
