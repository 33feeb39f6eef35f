"""How do the tests look at a page as a person does? Debian's Chromium, without a window.

A page is seen in a width and a theme. What the console complained about and which hosts were asked comes from
the browser's own logs, names and roles from its accessibility tree, colours from the computed styles.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from selenium.common.exceptions import WebDriverException
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service as Driver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

CHROMIUM, CHROMEDRIVER = Path("/usr/bin/chromium"), Path("/usr/bin/chromedriver")
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
LIGHT, DARK = "light", "dark"
WIDE = 1280
_MOST_TABS = 150

# The ratio of WCAG 2.2 (1.4.3) of every element that has text of its own. Colours are painted on a canvas
# from the root to the element, so that transparency counts and any way to write a colour is read.
_CONTRASTS = """
const canvas = Object.assign(document.createElement('canvas'), {width: 1, height: 1});
const pen = canvas.getContext('2d', {willReadFrequently: true});
const painted = new Map();
const paint = colours => {
  const key = colours.join();
  if (!painted.has(key)) {
    pen.fillStyle = '#fff';
    pen.fillRect(0, 0, 1, 1);
    for (const colour of colours) { pen.fillStyle = colour; pen.fillRect(0, 0, 1, 1); }
    const light = [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3).map(v => v / 255)
      .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    painted.set(key, 0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2]);
  }
  return painted.get(key);
};
const backgrounds = element => element
  ? [...backgrounds(element.parentElement), getComputedStyle(element).backgroundColor] : [];
for (const part of document.querySelectorAll('details')) part.open = true;
const found = new Map();
const add = (element, colour) => {
  const below = backgrounds(element), pair = [paint(below), paint([...below, colour])];
  const low = Math.min(...pair), high = Math.max(...pair);
  const name = element.tagName.toLowerCase() + (element.className ? '.' + element.className : '');
  const ratio = (high + 0.05) / (low + 0.05);
  if (!(found.get(name) <= ratio)) found.set(name, ratio);
};
for (const element of document.body.querySelectorAll('*')) {
  if (!element.checkVisibility() || element.closest('.unseen')) continue;
  const own = [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim());
  if (own || element.value) add(element, getComputedStyle(element).color);
  if (element.placeholder) add(element, getComputedStyle(element, '::placeholder').color);
}
return [...found];
"""

# Elements that take the focus and do not show it. A real key press before makes :focus-visible apply.
_UNSEEN_FOCUS = """
for (const part of document.querySelectorAll('details')) part.open = true;
const hidden = [];
const taking = 'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]';
for (const element of document.querySelectorAll(taking)) {
  element.focus();
  const style = getComputedStyle(element);
  const drawn = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
  if (document.activeElement !== element || !drawn)
    hidden.push(element.outerHTML.slice(0, 200));
}
return hidden;
"""

# What is wider than the window, the innermost element of each.
_TOO_WIDE = """
const width = document.documentElement.clientWidth;
if (document.documentElement.scrollWidth <= width) return [];
return [...document.body.querySelectorAll('*')]
  .filter(e => e.getBoundingClientRect().right > width + 0.5 && !e.closest('.scroll, svg')).slice(-5)
  .map(e => e.outerHTML.slice(0, 200));
"""


def missing() -> str:
    """What this machine lacks; empty when a browser can be started."""
    return ", ".join(str(path) for path in (CHROMIUM, CHROMEDRIVER) if not path.exists())


@dataclass(frozen=True)
class Node:
    """A part of a page as assistive technology is told of it."""

    role: str
    name: str


class Browser:
    """One window."""

    def __init__(self, folder: Path, base: str) -> None:
        self.base = base
        options = ChromeOptions()
        options.binary_location = str(CHROMIUM)
        for flag in (*FLAGS, f"--user-data-dir={folder}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = Chrome(options=options, service=Driver(str(CHROMEDRIVER)))
        self.look(WIDE)

    def close(self) -> None:
        """End the browser."""
        self.driver.quit()

    def look(self, width: int, theme: str = LIGHT) -> None:
        """See pages in a window of that width (CSS pixels) and in that theme."""
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 700}
        self.command("Emulation.setDeviceMetricsOverride", **metrics)
        feature = {"name": "prefers-color-scheme", "value": theme}
        self.command("Emulation.setEmulatedMedia", media="screen", features=[feature])

    def open(self, path: str) -> None:
        """Go to a path of the catalogue."""
        self.driver.get(self.base + path)

    @property
    def path(self) -> str:
        """Where it stands: the path, with query and fragment."""
        return self.driver.current_url.removeprefix(self.base)

    def command(self, name: str, **parameters: Any) -> Any:
        """A command of the DevTools protocol."""
        return self.driver.execute_cdp_cmd(name, parameters)

    def script(self, text: str, *arguments: Any) -> Any:
        """What a script gives that runs in the page from outside, whatever the page's policy says."""
        return self.driver.execute_script(text, *arguments)

    def complaints(self) -> list[str]:
        """What the console complained about since it was asked last; not the page's own status."""
        entries = self.driver.get_log("browser")  # type: ignore[no-untyped-call]
        # Where a document is no page (Turtle), the browser asks for an icon by itself, and may do so late.
        ignored = [self.driver.current_url.partition("#")[0], f"{self.base}/favicon.ico"]
        starts = tuple(f"{address} - Failed to load resource" for address in ignored)
        return [entry["message"] for entry in entries if not entry["message"].startswith(starts)]

    def hosts(self) -> set[str]:
        """Which hosts and ports were asked for something since it was asked last."""
        found = set()
        for entry in self.driver.get_log("performance"):  # type: ignore[no-untyped-call]
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                url = urlsplit(message["params"]["request"]["url"])
                if url.scheme in ("http", "https", "ws", "wss"):
                    found.add(url.netloc)
        return found

    def nodes(self) -> list[Node]:
        """The accessibility tree, flat."""
        found = self.command("Accessibility.getFullAXTree")["nodes"]
        return [
            Node(node["role"]["value"], node.get("name", {}).get("value", "").strip())
            for node in found
            if not node["ignored"]
        ]

    def contrasts(self) -> dict[str, float]:
        """The lowest contrast of text with what is behind it, by kind of element."""
        return dict(self.script(_CONTRASTS))

    def too_wide(self) -> list[str]:
        """What makes the page scroll sideways."""
        return list(self.script(_TOO_WIDE))

    def unseen_focus(self) -> list[str]:
        """What does not show that it has the focus."""
        self.press(Keys.TAB)
        return list(self.script(_UNSEEN_FOCUS))

    def press(self, *keys: str) -> None:
        """Press keys, one after the other; long text is pasted."""
        for key in keys:
            if len(key) > 1:
                self.command("Input.insertText", text=key)
            else:
                ActionChains(self.driver, duration=0).send_keys(key).perform()

    def focused(self) -> str:
        """The element that has the focus, as HTML without its content; empty when none has."""
        text = "const e = document.activeElement; return e === document.body ? '' : e.cloneNode().outerHTML"
        return str(self.script(text))

    def scripts(self, on: bool) -> None:
        """Let pages run scripts, or not."""
        self.command("Emulation.setScriptExecutionDisabled", value=not on)

    def select_all(self) -> None:
        """Ctrl-A."""
        ActionChains(self.driver, duration=0).key_down(Keys.CONTROL).send_keys("a").key_up(Keys.CONTROL).perform()

    def enter(self) -> None:
        """Press Enter, and wait until another page is there, whole."""
        began = self.script("return performance.timeOrigin")
        self.press(Keys.ENTER)
        # While one page gives way to the other, the driver may find neither.
        wait = WebDriverWait(self.driver, 30, poll_frequency=0.05, ignored_exceptions=[WebDriverException])
        state = "return [performance.timeOrigin, document.readyState]"
        wait.until(lambda _: (now := self.script(state))[0] != began and now[1] == "complete")

    def tab_to(self, *marks: str) -> None:
        """Press Tab until the focus is on an element whose tag has all the marks."""
        for _ in range(_MOST_TABS):
            self.press(Keys.TAB)
            if all(mark in self.focused() for mark in marks):
                return
        raise AssertionError(f"{_MOST_TABS} tabs do not lead to {marks} on {self.path}")

    def text(self, selector: str) -> list[str]:
        """The texts of the elements, as shown."""
        return list(self.script("return [...document.querySelectorAll(arguments[0])].map(e => e.innerText)", selector))

    def axe(self, script: str, rules: Sequence[str]) -> Iterator[str]:
        """What axe-core finds: rule, its help, the element.

        Args:
            script: The source of axe-core.
            rules: Tags of the rules to check.
        """
        self.script(script)
        call = "axe.run({runOnly: arguments[0]}).then(arguments[1], e => arguments[1]({error: `${e}`}))"
        found = self.driver.execute_async_script(call, list(rules))
        assert "error" not in found, found
        for violation in found["violations"]:
            for node in violation["nodes"]:
                yield f"{violation['id']}: {violation['help']}: {node['html'][:200]}"
