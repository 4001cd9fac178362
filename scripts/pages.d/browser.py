"""A headless Chromium, driven by chromedriver as the W3C's WebDriver says."""

import base64
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

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

    def open(self, url):
        self.ask("POST", "/url", {"url": url})

    @property
    def url(self):
        return self.ask("GET", "/url")

    def run(self, script, *arguments):
        return self.ask("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def find(self, xpath):
        for _ in range(100):
            found = self.ask("POST", "/elements", {"using": "xpath", "value": xpath})
            if found:
                return "/element/" + next(iter(found[0].values()))
            time.sleep(0.1)
        sys.exit(f"There is no {xpath} on {self.url}.")

    def press(self, label):
        self.ask("POST", self.find(f'//main//button[starts-with(normalize-space(), "{label}")]') + "/click", {})

    def follow(self, label):
        self.ask("POST", self.find(f'//main//a[normalize-space() = "{label}"]') + "/click", {})

    def fill(self, **fields):
        for name, text in fields.items():
            field = self.find(f"//main//*[@name = '{name}']")
            self.ask("POST", field + "/clear", {})
            self.ask("POST", field + "/value", {"text": text})

    def look(self, scheme, width, scale=1):
        """Light or dark, and so many CSS pixels wide. Chromium has no window as narrow as a telephone."""
        self.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=scale, mobile=False)

    def picture(self, scheme, width):
        """The whole page that is open, however long it is."""
        self.look(scheme, width)
        return base64.b64decode(self.devtools("Page.captureScreenshot", format="png", captureBeyondViewport=True)["data"])
