"""A models folder for measurements of one's own."""

from __future__ import annotations

import shutil
from pathlib import Path


def own_models(source: str | Path, target: str | Path) -> Path:
    """Makes `target` a models folder whose profiles may be overwritten: those of `source` are copied, over what is
    there, and all else is linked. Returns it, absolute."""
    source, target = Path(source).resolve(), Path(target).resolve()
    target.mkdir(parents=True, exist_ok=True)
    for entry in source.iterdir():
        if entry.name != "profiles" and not (target / entry.name).exists():
            (target / entry.name).symlink_to(entry)
    shutil.copytree(source / "profiles", target / "profiles", dirs_exist_ok=True)
    return target
