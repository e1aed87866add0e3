"""The page of `twinfer report`, looked at by headless Chromium.

    report_page_test.py TWINFER SOURCE_DIR

Makes a store with a sweep, simulated runs, copies of them that stand for live ones, and a
scenario with a hostile name; opens its report and uses it as a reader would.
"""

import os
import sqlite3
import subprocess
import sys
import tempfile
import unittest

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

TWINFER, SOURCE = (os.path.abspath(sys.argv.pop(1)) for _ in range(2))
HOSTILE = "</script><script>document.title='stolen'</script><img src=x onerror=alert(1)>"
DESKTOP, PHONE = 1200, 390


def twinfer(folder, *arguments):
    subprocess.run([TWINFER, *arguments], cwd=folder, check=True, stdout=subprocess.DEVNULL)


def pretend_live(store):
    """Copies every single run as a live one, 10 % slower."""
    with sqlite3.connect(store) as database:
        columns = [row[1] for row in database.execute("PRAGMA table_info(runs)") if row[1] != "id"]
        listed = ", ".join(f'"{column}"' for column in columns)
        copied = ", ".join("'live'" if column == "mode" else f'"{column}"' for column in columns)
        singles = "SELECT id FROM runs WHERE id NOT IN (SELECT run FROM sweep_runs)"
        for (run,) in database.execute(singles).fetchall():
            copy = database.execute(f"INSERT INTO runs ({listed}) SELECT {copied} FROM runs WHERE id = ?",
                                    (run,)).lastrowid
            for table in ("requests", "stages", "measures"):
                names = [row[1] for row in database.execute(f"PRAGMA table_info({table})") if row[1] != "run"]
                values = ", ".join("latency_s * 1.1" if name == "latency_s" else name for name in names)
                database.execute(f"INSERT INTO {table} (run, {', '.join(names)}) "
                                 f"SELECT ?, {values} FROM {table} WHERE run = ?", (copy, run))


def make_report(folder):
    with open(os.path.join(SOURCE, "scenarios/quickstart.yaml"), encoding="utf-8") as file:
        quickstart = file.read()
    for name, more in (("quick.yaml", ""), ("hostile.yaml", f"name: {HOSTILE!r}\n")):
        lines = [line for line in quickstart.splitlines() if not (more and line.startswith("name:"))]
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n" + more)
    with open(os.path.join(folder, "rates.yaml"), "w", encoding="utf-8") as file:
        file.write("scenario: quick.yaml\nreplications: 3\n"
                   "axes: {links.uplink.bandwidth_mbps: [1, 10, 100], policy: [local, remote, nsc]}\n")
    twinfer(folder, "sweep", "rates.yaml", "--store", "r.sqlite")
    twinfer(folder, "sim", "quick.yaml", "--store", "r.sqlite")
    twinfer(folder, "sim", "hostile.yaml", "-p", "local", "--store", "r.sqlite")
    pretend_live(os.path.join(folder, "r.sqlite"))
    twinfer(folder, "report", "r.sqlite", "--out", "r.html")
    return os.path.join(folder, "r.html")


def browser():
    options = Options()
    options.binary_location = "/usr/bin/chromium"
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)


class ReportPage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.page = make_report(cls.folder.name)
        cls.browser = browser()
        cls.addClassCleanup(cls.browser.quit)

    def setUp(self):
        self.open(DESKTOP)

    def open(self, width):
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                                     {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500})
        self.browser.get("file://" + self.page)

    def tearDown(self):
        self.assertEqual(self.browser.get_log("browser"), [])  # no error, no warning, nothing refused

    def all(self, selector):
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def choose(self, section, label, text):
        """Chooses `text` in the list of that label."""
        done = self.browser.execute_script(
            """const [section, label, text] = arguments;
               for (const each of document.querySelectorAll(`#${section} label`)) {
                 if (each.firstChild.textContent !== label) continue;
                 const list = each.querySelector('select');
                 const option = [...list.options].find(option => option.textContent === text);
                 if (!option) return [...list.options].map(option => option.textContent).join('; ');
                 list.value = option.value;
                 list.dispatchEvent(new Event('change'));
                 return true;
               }
               return 'no such label';""", section, label, text)
        self.assertIs(done, True)

    def column(self, at, section="table"):
        return [row.text for row in self.all(f"#{section} tbody tr td:nth-child({at})")]

    def test_every_chart_is_drawn_from_the_data(self):
        self.assertEqual(len(self.all("#measure svg.chart path.point")), 9)  # 3 bandwidths x 3 policies
        self.assertEqual(len(self.all("#measure g.series path.curve")), 3)
        self.assertGreaterEqual(len(self.all("#measure path.band")), 1)
        self.assertGreater(len(self.all("#components rect.part")), 5)
        self.assertEqual(len(self.all("#distributions g.series")), 14)  # 7 single runs and their copies
        self.assertGreater(len(self.all("#timeline rect.slice")), 50)
        self.assertEqual(len(self.all("#twin svg.chart")), 7)
        broken = self.browser.execute_script(
            "return [...document.querySelectorAll('svg *')].filter(each => [...each.attributes]"
            ".some(attribute => /NaN|undefined|Infinity/.test(attribute.value))).length")
        self.assertEqual(broken, 0)

    def test_a_heading_sorts_the_table_both_ways(self):
        self.choose("set-choice", "Show the runs of", "sweep rates")
        heading = self.all("#table th button")[2]
        self.assertEqual(heading.text.replace("\n", " "), "P50 latency (ms)")
        before = self.column(3)
        numbers = sorted((float(text.split(" ")[0]) for text in before))
        heading.click()
        self.assertEqual([float(text.split(" ")[0]) for text in self.column(3)], numbers)
        heading.click()
        self.assertEqual([float(text.split(" ")[0]) for text in self.column(3)], numbers[::-1])
        self.assertEqual(self.all("#table th")[2].get_attribute("aria-sort"), "descending")

    def test_a_long_table_shows_its_first_rows_and_sorts_all(self):
        texts = self.browser.execute_script(
            """const rows = [3, 1, 2].map(value => [{text: String(value), key: value}]);
               const table = sortableTable([{heading: 'value'}], rows, 2);
               const texts = () => [...table.querySelectorAll('td')].map(cell => cell.textContent).join(' ');
               const seen = [texts()];
               table.querySelector('th button').click();
               seen.push(texts());
               table.querySelector('button.more').click();
               return [...seen, texts(), table.querySelectorAll('button.more').length];""")
        self.assertEqual(texts, ["3 1", "1 2", "1 2 3", 0])

    def test_measure_axis_and_set_are_chosen(self):
        self.choose("measure", "Measure", "throughput (1/s)")
        self.assertIn("throughput (1/s), log scale", [text.text for text in self.all("#measure svg text")])
        self.choose("measure", "Along", "policy")
        self.assertIn("nsc", [text.text for text in self.all("#measure .axis.x text")])
        self.choose("set-choice", "Show the runs of", "single runs")
        self.assertIn("live", self.column(2))
        self.choose("components", "Bars show", "share of the latency")
        self.assertIn("share of the latency (%)", [text.text for text in self.all("#components svg text")])

    def test_a_press_on_a_name_hides_its_line(self):
        self.all("#measure .legend button")[0].click()
        hidden = self.browser.execute_script(
            "return document.querySelector('#measure g.series').style.display")
        self.assertEqual(hidden, "none")

    def test_the_error_of_the_twin_is_that_of_the_rows(self):
        # Live latencies are 1.1 times the simulated ones: 1 / 1.1 - 1 = -9.1 %.
        self.assertEqual(self.column(4, "twin"), ["-9.1"] * 7)

    def test_plans_are_pictures_that_load(self):
        for summary in self.all("#plans summary"):
            summary.click()
        sizes = self.browser.execute_async_script(
            """const done = arguments[0];
               const images = [...document.querySelectorAll('#plans img')];
               Promise.all(images.map(image => image.decode())).then(() => done(images.map(image => image.naturalHeight)));""")
        self.assertGreaterEqual(len(sizes), 6)
        self.assertGreater(min(sizes), 100)

    def test_the_timeline_zooms_and_scrolls(self):
        self.choose("timeline", "Run", "cascade, sim, quickstart")
        box = "return [document.querySelector('.tracks').scrollWidth, document.querySelector('.tracks').clientWidth]"
        wide, seen = self.browser.execute_script(box)
        self.assertEqual(wide, seen)
        self.all("#timeline .zoom-in")[0].click()
        wide, seen = self.browser.execute_script(box)
        self.assertGreater(wide, 1.8 * seen)

    def test_a_phone_and_a_desktop_never_scroll_sideways(self):
        for width in (PHONE, DESKTOP):
            self.open(width)
            for each in self.all("#plans summary"):
                each.click()
            self.assertEqual(self.browser.execute_script("return document.documentElement.scrollWidth"), width)

    def test_dark_mode_turns_the_page_dark(self):
        background = "return getComputedStyle(document.body).backgroundColor"
        self.assertEqual(self.browser.execute_script(background), "rgb(255, 255, 255)")
        for media, colour in (("screen", "rgb(20, 23, 27)"), ("print", "rgb(255, 255, 255)")):
            self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {
                "media": media, "features": [{"name": "prefers-color-scheme", "value": "dark"}]})
            self.assertEqual(self.browser.execute_script(background), colour)
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})

    def test_a_hostile_name_is_shown_and_does_nothing(self):
        self.assertEqual(self.browser.title, "Twinfer report: r.sqlite")
        self.assertIn("onerror=alert(1)", self.all("#header")[0].text)
        self.assertEqual(len(self.all("script")), 2)
        self.assertEqual(len(self.all("img[src='x']")), 0)

    def test_paper_has_all_and_is_readable(self):
        pdf = self.browser.execute_cdp_cmd("Page.printToPDF", {"paperWidth": 8.27, "paperHeight": 11.69})
        self.assertGreater(len(pdf["data"]), 10000)


if __name__ == "__main__":
    unittest.main(verbosity=2)
