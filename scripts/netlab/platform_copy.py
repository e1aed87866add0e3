"""A copy of a platform file in which every host's property `endpoint` is where its worker listens, and every
link's `added_latency` and `burst` what the network that was built lacks: latency, and the time of what a token
bucket lets through at once.

Read and written as XML, not understood: what the platform means is SimGrid's to say.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from network import NetlabError

_HEAD = "<?xml version='1.0'?>\n<!DOCTYPE platform SYSTEM \"https://simgrid.org/simgrid.dtd\">\n"


def platform_copy(file: Path, endpoints: dict[str, str], lacking: dict[str, dict[str, float]]) -> str:
    """Raises NetlabError where a device is not a <host> of its own, such as one of a <cluster>."""
    root = _parsed(file)
    hosts = {host.get("id"): host for host in root.iter("host")}
    for device, endpoint in endpoints.items():
        if device not in hosts:
            raise NetlabError(f"{file}: device {device} has no <host> of its own, whose endpoint could be set")
        _set_property(hosts[device], "endpoint", endpoint)
    for link in root.iter("link"):
        # SimGrid knows a split-duplex link by its directions, which are alike.
        name_in_file = link.get("id", "")
        for name in (name_in_file, f"{name_in_file}_UP"):
            for prop, value in lacking.get(name, {}).items():
                _set_property(link, prop, f"{value:g}")
    _make_absolute(root, file.resolve().parent)
    return _HEAD + ElementTree.tostring(root, encoding="unicode") + "\n"


def _parsed(file: Path) -> ElementTree.Element:
    # SimGrid takes comments that XML forbids: with `--` inside.
    without_comments = re.sub("<!--.*?-->", "", file.read_text(), flags=re.DOTALL)
    try:
        return ElementTree.fromstring(without_comments)
    except ElementTree.ParseError as error:
        raise NetlabError(f"{file}: {error}") from None


def _set_property(owner: ElementTree.Element, name: str, value: str) -> None:
    for prop in owner.findall("prop"):
        if prop.get("id") == name:
            owner.remove(prop)
    ElementTree.SubElement(owner, "prop", id=name, value=value)


def _make_absolute(root: ElementTree.Element, folder: Path) -> None:
    """Files that the platform includes lie beside it, not beside the copy; its profiles (files_beside) beside both."""
    for element in root.iter():
        for name, value in element.items():
            if name == "file" and (folder / value).exists():
                element.set(name, str(folder / value))
            elif name.endswith("_file") and (folder / value).exists():
                element.set(name, Path(value).name)


def files_beside(file: Path) -> list[Path]:
    """Profiles that the platform's links and hosts follow, which SimGrid looks for beside its file only."""
    folder = file.resolve().parent
    values = [
        folder / value
        for element in _parsed(file).iter()
        for name, value in element.items()
        if name.endswith("_file")
    ]
    return [value for value in values if value.exists()]
