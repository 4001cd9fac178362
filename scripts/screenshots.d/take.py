"""Takes pictures of pages with chromedriver: take.py URL FOLDER PATH..."""

import base64
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import urllib.request

KINDS = {"light": ("light", 1280), "dark": ("dark", 1280), "390": ("light", 390)}


class Browser:
    """One session of WebDriver, with a profile that is gone afterwards."""

    def __enter__(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.base = f"http://127.0.0.1:{port}"
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.driver = subprocess.Popen(["chromedriver", f"--port={port}"], stdout=subprocess.PIPE, text=True)
        for line in self.driver.stdout:
            if "started successfully" in line:
                break
        arguments = ["--headless=new", f"--user-data-dir={self.profile.name}", "--disable-gpu", "--hide-scrollbars", "--no-first-run"]
        if os.getuid() == 0:
            arguments.append("--no-sandbox")
        options = {"binary": "/usr/bin/chromium", "args": arguments}
        answer = self.ask("POST", "/session", {"capabilities": {"alwaysMatch": {"goog:chromeOptions": options}}})
        self.base += "/session/" + answer["sessionId"]
        return self

    def __exit__(self, *_):
        try:
            self.ask("DELETE", "")
        finally:
            self.driver.terminate()
            self.driver.wait()
            self.profile.cleanup()

    def ask(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["value"]

    def devtools(self, command, **parameters):
        return self.ask("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def picture(self, url, scheme, width):
        """The whole page, however long it is."""
        self.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        # Chromium has no window as narrow as a telephone.
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=False)
        self.ask("POST", "/url", {"url": url})
        return base64.b64decode(self.devtools("Page.captureScreenshot", format="png", captureBeyondViewport=True)["data"])


def main(url, folder, paths):
    with Browser() as browser:
        for path in paths:
            name = re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-") or "landing"
            for kind, (scheme, width) in KINDS.items():
                file = os.path.join(folder, f"{name}-{kind}.png")
                with open(file, "wb") as out:
                    out.write(browser.picture(url + path, scheme, width))
                print(file)


main(sys.argv[1], sys.argv[2], sys.argv[3:])
