"""`musicc lock`; and how builds, evals and checks hold a spec against its lock."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from musicc.cli.check import load_spec, sound
from musicc.cli.edge import complain, note, say
from musicc.cli.facts import brought_up, current
from musicc.diagnostics import Diagnostic, DiagnosticError
from musicc.diagnostics.codes.running import BAD_OPTION, LOCK_DRIFT
from musicc.diagnostics.suggest import closest
from musicc.diagnostics.words import counted
from musicc.semantics import Checked
from musicc.semantics import module as sem
from musicc.semantics.files import shown
from musicc.semantics.lock import Fact, Lock, Thing, lock_path, read_lock, render_lock
from musicc.semantics.reads import hub_thing, is_commit, part_of, reads


class Change(NamedTuple):
    """A fact of the lock that is another one now. None: the lock has none, or nothing reads the thing any longer."""

    thing: Thing
    old: Fact | None
    new: Fact | None


def built(module: sem.Module) -> object:
    """The part of a spec that pairs, datasets and reward models are made of."""
    return module.dialogues, module.checks, module.datasets, module.rewards


def settled(
    spec: Path,
    profile: str | None,
    params: Sequence[str],
    *,
    sweep: str | None = None,
    locked: bool = False,
    part: Callable[[sem.Module], object] = built,
) -> Checked:
    """The checked spec, with what its lock pins. The lock is brought up to date first, as to what `part` of the spec reads;
    with `locked`, it has to be so.

    Raises DiagnosticError: the spec has errors, the hub cannot be asked, or what is read has drifted (M582).
    """
    checked = load_spec(spec, profile, params, sweep)
    modules = [point.module for point in checked.points] or [sound(checked)]
    before = read_lock(modules[0].path)
    after = brought_up(checked, [part(module) for module in modules], before, ask=not locked)
    if before == after:
        return checked
    if locked:
        raise DiagnosticError(_faults(spec, profile, before, _changes(before, after)))
    _write(checked, before, after)
    return load_spec(spec, profile, params, sweep)


def lock_spec(spec: Path, profile: str | None, params: Sequence[str], update: Sequence[str]) -> None:
    """Pins all that the spec names, and anew what `update` names. Raises DiagnosticError."""
    checked = load_spec(spec, profile, params)
    module = sound(checked)
    before = read_lock(module.path)
    renewed = {thing for name in update for thing in _named(name, module)}
    after = brought_up(checked, [module], {thing: f for thing, f in before.items() if thing not in renewed})
    if before != after:
        _write(checked, before, after)
        checked = load_spec(spec, profile, params)
    complain(checked.diagnostics)
    say(f"{shown(lock_path(module.path))}: {counted(len(after), 'fact')}")


def file_drift(spec: Path, checked: Checked) -> list[Diagnostic]:
    """The files and imports that are not what the lock says; asks nobody. Raises DiagnosticError."""
    module = sound(checked)
    lock, folder = read_lock(module.path), module.path.parent
    parts = built(module), tuple(map(part_of, module.evals.values()))
    by_builds, by_evals = (reads(part, folder).keys() for part in parts)
    unneeded = by_evals - by_builds - lock.keys()  # of evals that were never run
    found = current(checked, parts, lock, kinds=("file",))
    changes = [Change(thing, lock.get(thing), new) for thing, new in found.items() if thing not in unneeded]
    return _faults(spec, module.profile, lock, changes)


# What has changed


def _changes(before: Lock, after: Lock) -> list[Change]:
    things = sorted(before.keys() | after.keys())
    return [Change(t, before.get(t), after.get(t)) for t in things if before.get(t) != after.get(t)]


def _write(checked: Checked, before: Lock, after: Lock) -> None:
    from musicc.runtime.store.publish import write_atomically

    path = lock_path(sound(checked).path)
    write_atomically(path, [render_lock(after, sound(checked).path.name).encode()])
    changes = _changes(before, after)
    if not before:
        note(f"{shown(path)}: {counted(len(after), 'fact')} about what is read; commit it beside the spec")
        return
    for change in changes:
        note(f"{shown(path)}: {_told(change)}")


def _told(change: Change) -> str:
    what = f"{change.thing.kind} {change.thing.name}"
    if change.old is None:
        return f"{what} is new, {_short(change.new)}"
    if change.new is None:
        return f"{what} is no longer read"
    return f"{what} was {_short(change.old)}, is {_short(change.new)}"


def _short(fact: Fact | None) -> str:
    return f"{fact.how} {fact.value[:12]}" if fact and fact.value else "not known"


def _faults(spec: Path, profile: str | None, lock: Lock, changes: Iterable[Change]) -> list[Diagnostic]:
    """A diagnostic for each fact that differs; one where there is no lock at all."""
    path = shown(lock_path(spec))
    command = f"musicc lock {spec}" + (f" --profile {profile}" if profile else "")
    if not lock:
        return [Diagnostic(LOCK_DRIFT, "there is no lock", path, help=f"run `{command}` and commit it")]
    return [_fault(change, command, path) for change in changes if change.old != change.new]


def _fault(change: Change, command: str, path: str) -> Diagnostic:
    thing, old, new = change
    help_ = f"run `{command}` and commit the lock"
    if old is None:
        message = f"the lock says nothing about {thing.kind} `{thing.name}`"
    elif new is None:
        message = f"nothing reads {thing.kind} `{thing.name}`, which the lock has"
    else:
        message = f"{thing.kind} `{thing.name}` has changed: {_short(old)} → {_short(new)}"
        help_ = f"bring back what it was; or accept it: {help_}"
    return Diagnostic(LOCK_DRIFT, message, path, help=help_)


# What `--update` names


def _named(name: str, module: sem.Module) -> list[Thing]:
    """The data sets that are called so: by their seeds, or by their repository. Raises DiagnosticError (M590)."""
    seeds = {seeds.name: seeds.origin for seeds in module.seeds.values()}
    hubs = {key: origin for key, origin in seeds.items() if isinstance(origin, sem.Hub)}
    found = [hub for key, hub in hubs.items() if name in (key, hub.repository)]
    pinned = [hub_thing(hub) for hub in found if not is_commit(hub.revision)]
    if pinned:
        return pinned
    close = closest(name, (*hubs, *(hub.repository for hub in hubs.values())))
    help_ = f"write `--update {close}`" if close and not found else "name seeds that are read with `hub(…)`"
    reason = "is pinned by the spec itself" if found else _not_of_the_hub(name in seeds)
    raise DiagnosticError(Diagnostic(BAD_OPTION, f"`{name}` {reason}", f"--update {name}", help=help_), exit_code=2)


def _not_of_the_hub(local: bool) -> str:
    return "is no data set of the hub: only those have a revision" if local else "names no data set"
