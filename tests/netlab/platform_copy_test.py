"""The copy of a platform that names the workers."""

import tempfile
import unittest
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Optional

from network import NetlabError
from platform_copy import files_beside, platform_copy

HEAD = "<?xml version='1.0'?>\n<!DOCTYPE platform SYSTEM \"https://simgrid.org/simgrid.dtd\">\n"


class Copy(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def copy(self, inside: str, endpoints: dict[str, str], lacking: Optional[dict[str, dict[str, float]]] = None) -> str:
        file = self.folder / "p.xml"
        file.write_text(f'{HEAD}<!-- a -- b --><platform version="4.1"><zone id="z">{inside}</zone></platform>')
        return platform_copy(file, endpoints, lacking or {})

    def test_endpoints_replace_those_of_the_file_and_all_else_stays(self) -> None:
        text = self.copy(
            '<host id="a" speed="1Gf"><prop id="endpoint" value="spawn"/><prop id="profile" value="p"/></host>'
            '<host id="b" speed="1Gf"/>',
            {"a": "10.77.0.1:7070", "b": "10.77.0.2:7070"},
        )
        self.assertTrue(text.startswith(HEAD))
        hosts = {
            host.get("id"): [(prop.get("id"), prop.get("value")) for prop in host]
            for host in ElementTree.fromstring(text).iter("host")
        }
        self.assertEqual(hosts["a"], [("profile", "p"), ("endpoint", "10.77.0.1:7070")])
        self.assertEqual(hosts["b"], [("endpoint", "10.77.0.2:7070")])

    def test_latency_that_the_network_lacks_is_written_to_its_links(self) -> None:
        text = self.copy(
            '<link id="lan"><prop id="added_latency" value="9"/></link><link id="up" sharing_policy="SPLITDUPLEX"/>'
            '<link id="other"/>',
            {},
            {"lan": {"added_latency": 0.0002}, "up_UP": {"added_latency": 0.005, "burst": 1600}},
        )
        links = {link.get("id"): [prop.get("value") for prop in link] for link in ElementTree.fromstring(text).iter("link")}
        self.assertEqual(links, {"lan": ["0.0002"], "up": ["0.005", "1600"], "other": []})

    def test_a_file_beside_the_platform_is_still_found_from_the_copy(self) -> None:
        (self.folder / "trace.txt").write_text("0 1\n")
        text = self.copy('<link id="l" bandwidth_file="trace.txt"/>', {})
        self.assertIn('bandwidth_file="trace.txt"', text)
        self.assertEqual(files_beside(self.folder / "p.xml"), [self.folder.resolve() / "trace.txt"])

    def test_a_device_of_a_cluster_is_refused(self) -> None:
        with self.assertRaises(NetlabError) as raised:
            self.copy('<cluster id="c" prefix="n" radical="0-1" suffix=""/>', {"n0": "10.77.0.1:7070"})
        self.assertEqual(
            str(raised.exception),
            f"{self.folder / 'p.xml'}: device n0 has no <host> of its own, whose endpoint could be set",
        )


if __name__ == "__main__":
    unittest.main()
