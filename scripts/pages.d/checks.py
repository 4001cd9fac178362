"""What everybody needs of a page, checked in the browser: axe's rules, contrast in both themes, 320 px, 200 % zoom."""

import sys

# Every text against what is behind it. Colours are read off a canvas, because their computed values are in whatever space they were
# written in, which axe does not know.
CONTRAST = """
const pixel = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
const rgba = (colour) => { pixel.clearRect(0, 0, 1, 1); pixel.fillStyle = colour; pixel.fillRect(0, 0, 1, 1); return [...pixel.getImageData(0, 0, 1, 1).data]; };
const light = (c) => { const [r, g, b] = c.map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
const behind = (e) => { for (; e; e = e.parentElement) { const c = rgba(getComputedStyle(e).backgroundColor); if (c[3] === 255) return c; } return [255, 255, 255]; };
const found = new Set(), walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let node; (node = walker.nextNode());) {
  const e = node.parentElement, style = getComputedStyle(e);
  if (!node.data.trim() || !e.checkVisibility() || ['SCRIPT', 'NOSCRIPT'].includes(e.tagName)) continue;
  const [a, b] = [light(rgba(style.color).slice(0, 3)), light(behind(e).slice(0, 3))];
  const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), size = parseFloat(style.fontSize);
  const least = size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5;
  if (ratio < least) found.add(`${ratio.toFixed(2)} : 1 for “${node.data.trim().slice(0, 40)}” in ${e.tagName.toLowerCase()}.${e.className}`);
}
return [...found];
"""

SIDEWAYS = """
const wide = document.documentElement.scrollWidth > innerWidth;
if (!wide) return [];
const out = [...document.querySelectorAll('body *')].filter((e) => e.checkVisibility() && e.getBoundingClientRect().right > innerWidth + 1);
return [`scrolls sideways: ${out.slice(-3).map((e) => e.tagName.toLowerCase() + '.' + e.className).join(', ')}`];
"""

AXE = """
const done = arguments[arguments.length - 1];
axe.run(document, { resultTypes: ['violations'], rules: { 'color-contrast': { enabled: false } } }).then((result) =>
  done(result.violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.html.slice(0, 160)}`))), (error) => done([String(error)]));
"""


class Checks:
    """Says what is wrong with each page, and at the end whether anything was."""

    def __init__(self, axe):
        with open(axe) as source:
            self.axe = source.read()
        self.pages = 0
        self.faults = []

    def take(self, name, browser):
        self.pages += 1
        faults = []
        for scheme in ("light", "dark"):
            browser.look(scheme, 1280)
            faults += [f"{scheme}: contrast {fault}" for fault in browser.run(CONTRAST)]
        # Into a world of its own: the page's policy lets in no script of others.
        browser.run(self.axe + ";window.axe = axe;")
        faults += browser.ask("POST", "/execute/async", {"script": AXE, "args": []})
        for words, width, scale in (("320 px", 320, 1), ("200 % zoom", 640, 2)):
            browser.look("light", width, scale)
            faults += [f"{words}: {fault}" for fault in browser.run(SIDEWAYS)]
        browser.look("light", 1280)
        for fault in faults:
            print(f"{name}: {fault}", flush=True)
        self.faults += faults

    def end(self):
        print(f"{self.pages} pages, {len(self.faults)} faults", file=sys.stderr)
        if self.faults:
            sys.exit(1)
