"""A file is written as a whole or not at all, and only if it is still what was read."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from pathlib import Path

from flake8_bn_eval.files.units import InputError


def replace_bytes(path: str, read: bytes, written: bytes) -> None:
    """Put new bytes in the place of those that were read.

    The new file is written next to the old one and takes its place in one step, with its
    permissions; a link still points to it.  Raises `InputError` if the file has changed since it
    was read, or cannot be written; it is then as it was.
    """
    target = Path(os.path.realpath(path))
    try:
        if not os.access(target, os.W_OK):
            raise InputError(f"{path}: it is read-only")
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        new = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(written)
                file.flush()
                os.fsync(file.fileno())
            _keep_permissions(target, new)
            if target.read_bytes() != read:
                raise InputError(f"{path}: it has changed since it was read: not overwritten")
            new.replace(target)
        finally:
            new.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}: not changed") from error


def _keep_permissions(old: Path, new: Path) -> None:
    """The mode, and the owner where the user may give files away."""
    shutil.copymode(old, new)
    if hasattr(os, "chown"):
        owner = old.stat()
        with contextlib.suppress(PermissionError):
            os.chown(new, owner.st_uid, owner.st_gid)
            shutil.copymode(old, new)  # giving a file away may take bits from it
