#!/usr/bin/env python3
"""Drives the page of `graft serve` in a real headless Chromium: types, clicks, reads.

    scripts/check_page.py [--model graft-base] [--graft .build/release/graft] [--shots DIR]

Needs Chromium (Debian: `apt-get install chromium`) and nothing else: the browser is driven over its own
debugging pipe. Starts a server on a free port and ends it; exits with 1 where the page does not do what
it should, with 3 where there is no Chromium.
"""

import argparse
import base64
import json
import os
import pathlib
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time

from served import Served


class Browser:
    """A headless Chromium on a pipe: commands go in, answers and events come out."""

    def __init__(self, program, profile):
        to_browser, self.write_end = os.pipe()
        self.read_end, from_browser = os.pipe()

        def wire():
            # The browser reads descriptor 3 and writes 4; both may be in use for something else.
            first, second = os.dup(to_browser), os.dup(from_browser)
            os.dup2(first, 3)
            os.dup2(second, 4)

        self.process = subprocess.Popen(
            [program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             "--remote-debugging-pipe", f"--user-data-dir={profile}", "about:blank"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=wire, close_fds=False)
        os.close(to_browser)
        os.close(from_browser)
        self.buffer, self.number, self.events, self.session = b"", 0, [], None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.write_end, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.receive(30)
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]
            self.events.append(answer)

    def receive(self, seconds):
        while b"\0" not in self.buffer:
            if not select.select([self.read_end], [], [], seconds)[0]:
                raise TimeoutError("the browser does not answer")
            data = os.read(self.read_end, 1 << 20)
            if not data:
                raise RuntimeError("the browser has ended")
            self.buffer += data
        message, _, self.buffer = self.buffer.partition(b"\0")
        return json.loads(message)

    def evaluate(self, expression):
        result = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(f"{expression}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def wait(self, expression, what, seconds=60):
        end = time.time() + seconds
        while time.time() < end:
            if self.evaluate(f"!!({expression})"):
                return
            time.sleep(0.1)
        raise AssertionError(f"{what}: not after {seconds} s")

    def click(self, selector):
        place = self.evaluate(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)});"
            " e.scrollIntoView({block: 'center'}); const r = e.getBoundingClientRect();"
            " return [r.x + r.width / 2, r.y + r.height / 2]; })()")
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1],
                      button="left", clickCount=1)

    def hover(self, selector):
        place = self.evaluate(
            f"(() => {{ const r = document.querySelector({json.dumps(selector)})"
            ".getClientRects()[0]; return [r.x + r.width / 2, r.y + r.height / 2]; })()")
        self.call("Input.dispatchMouseEvent", type="mouseMoved", x=place[0], y=place[1])

    def type(self, text):
        self.call("Input.insertText", text=text)

    def key(self, name, code, text=None):
        extra = {"text": text} if text else {}
        self.call("Input.dispatchKeyEvent", type="keyDown", key=name, code=name,
                  windowsVirtualKeyCode=code, **extra)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=name, code=name,
                  windowsVirtualKeyCode=code)

    def size(self, width, height, scheme):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=width < 500)
        self.call("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": scheme}])

    def shot(self, path):
        data = self.call("Page.captureScreenshot", format="png")["data"]
        pathlib.Path(path).write_bytes(base64.b64decode(data))

    def complaints(self):
        """What the console said: errors of the script, and what the policy has blocked."""
        return [event for event in self.events
                if event.get("method") == "Runtime.exceptionThrown"
                or (event.get("method") == "Log.entryAdded"
                    and event["params"]["entry"]["level"] == "error"
                    # An answer of 4xx is part of what is tried here.
                    and event["params"]["entry"]["source"] != "network")]

    def close(self):
        self.process.terminate()
        self.process.wait(10)


def expect(condition, what):
    if not condition:
        raise AssertionError(what)
    print(f"ok: {what}", flush=True)


def answered(side, count):
    return (f"document.querySelectorAll('#log-{side} .assistant').length == {count}"
            f" && !document.querySelector('#log-{side} .waiting')")


def chat(browser):
    browser.wait("document.querySelector('#model-a option')", "models are listed")
    browser.evaluate("document.getElementById('max_tokens').value = 24")
    browser.evaluate("document.getElementById('seed').value = 5")
    browser.click("#prompt")
    browser.type("Name three rivers.")
    browser.key("Enter", 13, "\r")
    browser.wait(answered("a", 1), "the answer is complete")
    text = browser.evaluate("document.querySelector('#log-a .assistant .text').textContent")
    expect(len(text) > 0, "Enter sends, and an answer comes")
    expect(browser.evaluate("document.querySelectorAll('#log-a .assistant .t').length") > 3,
           "the answer consists of tokens")
    shades = browser.evaluate(
        "[...document.querySelectorAll('#log-a .assistant .t')]"
        ".map(e => getComputedStyle(e).backgroundColor)")
    expect(len(set(shades)) > 1, "tokens are shaded by their probability")
    facts = browser.evaluate("document.querySelector('#log-a .assistant .facts').textContent")
    expect(re.search(r"^\d+ tokens, first after \d+ ms", facts), f"its facts are told: {facts}")
    expect(browser.evaluate("document.activeElement.id") == "prompt", "the prompt has the focus again")
    return text


def probabilities(browser):
    browser.hover("#log-a .assistant .t:nth-child(2)")
    browser.wait("!document.getElementById('tip').hidden", "hovering shows probabilities")
    rows = browser.evaluate("document.querySelectorAll('#tip tr').length")
    text = browser.evaluate("document.getElementById('tip').textContent")
    expect(rows >= 5 and "%" in text, f"a token shows {rows} alternatives with their probabilities")
    own = browser.evaluate("document.querySelectorAll('#tip .own').length")
    expect(own == 1, "the token itself is marked among them")
    browser.evaluate("document.getElementById('log-a').focus()")
    browser.key("ArrowRight", 39)
    before = browser.evaluate("document.querySelector('.t.chosen').dataset.index")
    browser.key("ArrowRight", 39)
    after = browser.evaluate("document.querySelector('.t.chosen').dataset.index")
    expect(int(after) == int(before) + 1, "arrow keys go from token to token")
    browser.key("Escape", 27)
    expect(browser.evaluate("document.getElementById('tip').hidden"), "Escape hides them")


def side_by_side(browser, has_adapter, shots):
    browser.click("#clear")
    browser.click("#compare")
    expect(not browser.evaluate("document.getElementById('column-b').hidden"), "two columns")
    other = browser.evaluate("document.getElementById('model-b').value")
    expect(not has_adapter or other == "changed", f"the second column begins with {other}")
    browser.click("#prompt")
    browser.type("Play some jazz.")
    browser.click("#send")
    browser.wait(answered("a", 1) + " && " + answered("b", 1), "both answers are complete")
    texts = [browser.evaluate(f"document.querySelector('#log-{side} .assistant .text').textContent")
             for side in "ab"]
    expect(all(texts), "both columns have an answer")
    expect((texts[0] != texts[1]) == has_adapter,
           "base and adapter answer differently" if has_adapter else "the same model answers the same")
    if shots:
        browser.shot(f"{shots}/compare.png")
    browser.click("#compare")


def schema(browser):
    browser.click("#clear")
    browser.evaluate("(() => { const f = document.getElementById('format'); f.value = 'json_schema';"
                     " f.dispatchEvent(new Event('change')); })()")
    expect(not browser.evaluate("document.getElementById('schema-row').hidden"), "a schema is asked for")
    browser.evaluate("document.getElementById('max_tokens').value = 80")
    browser.evaluate("document.getElementById('schema').value = '{'")
    browser.click("#prompt")
    browser.type("Who are you?")
    browser.click("#send")
    browser.wait("document.querySelector('#log-a .error')", "a schema that is no JSON is an error")
    browser.evaluate("document.getElementById('schema').value = JSON.stringify({type: 'object',"
                     " properties: {kind: {enum: ['river', 'lake']}}, required: ['kind'],"
                     " additionalProperties: false})")
    browser.click("#send")
    browser.wait(answered("a", 1), "the answer is complete")
    text = browser.evaluate("document.querySelector('#log-a .assistant .text').textContent")
    expect(json.loads(text)["kind"] in ("river", "lake"), f"the answer fits the schema: {text}")
    browser.evaluate("(() => { const f = document.getElementById('format'); f.value = 'text';"
                     " f.dispatchEvent(new Event('change')); })()")


def stopping(browser):
    browser.click("#clear")
    browser.evaluate("document.getElementById('max_tokens').value = 100")
    browser.evaluate("document.getElementById('temperature').value = 1.5")
    browser.click("#prompt")
    browser.type("Tell me everything.")
    browser.click("#send")
    browser.wait("!document.getElementById('stop').disabled", "it can be stopped")
    browser.key("Escape", 27)
    browser.wait("document.getElementById('stop').disabled", "Escape ends the answer")
    expect(not browser.evaluate("document.getElementById('send').disabled"), "it can be asked again")


def refusals(browser):
    browser.click("#clear")
    browser.evaluate("document.getElementById('temperature').value = 9")
    browser.click("#prompt")
    browser.type("Hello")
    browser.click("#send")
    browser.wait("document.querySelector('#log-a .error')", "what the server refuses is shown")
    text = browser.evaluate("document.querySelector('#log-a .error .text').textContent")
    expect("temperature" in text, f"with the member's name: {text}")
    browser.evaluate("document.getElementById('temperature').value = 0.7")


def looks(browser, shots):
    for name, width, height, scheme in (
            ("light", 1280, 800, "light"), ("dark", 1280, 800, "dark"), ("phone", 390, 844, "light"),
            ("phone-dark", 390, 844, "dark")):
        browser.size(width, height, scheme)
        time.sleep(0.3)
        wide = browser.evaluate("document.documentElement.scrollWidth")
        expect(wide <= width, f"{name}: nothing stands out at {width} pixels")
        ground = browser.evaluate("getComputedStyle(document.body).backgroundColor")
        dark = sum(map(int, re.findall(r"\d+", ground)[:3])) < 200
        expect(dark == (scheme == "dark"), f"{name}: the ground is {ground}")
        if shots:
            browser.shot(f"{shots}/{name}.png")
    browser.size(390, 844, "light")
    browser.click("#open-settings")
    expect(browser.evaluate("getComputedStyle(document.getElementById('settings')).display") == "flex",
           "the settings open on a phone")
    if shots:
        browser.shot(f"{shots}/phone-settings.png")
    browser.key("Escape", 27)
    browser.size(1280, 800, "light")


def runs(browser, address, shots):
    browser.call("Page.navigate", url=address + "runs")
    browser.wait("document.querySelector('a[href=\"/runs/first\"]')", "runs are listed")
    names = browser.evaluate("document.body.textContent")
    expect("empty" not in names, "runs without a report are not listed")
    browser.call("Page.navigate", url=address + "runs/first")
    browser.wait("document.querySelector('h1')?.textContent == 'First run'", "a report is shown")
    time.sleep(0.3)
    expect(browser.evaluate("document.title") == "untouched", "scripts of a report do not run")
    if shots:
        browser.shot(f"{shots}/run.png")


def adapter(graft, model, folder):
    """A short training, so that there is an adapter that answers differently; None where it fails."""
    rows = [json.dumps({"messages": [
        {"role": "user", "content": f"Number {n}?"},
        {"role": "assistant", "content": "beep beep beep"}]}) for n in range(32)]
    (folder / "rows.jsonl").write_text("\n".join(rows) + "\n")
    done = subprocess.run(
        [graft, "train", "--model", model, "--data", str(folder / "rows.jsonl"), "--output",
         str(folder / "adapters/changed"), "--epochs", "2", "--learning-rate", "5e-3", "--quiet"],
        capture_output=True, text=True)
    if done.returncode != 0:
        print(f"no adapter: {done.stderr.strip()}")
    return done.returncode == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="graft-base")
    parser.add_argument("--graft", default=".build/release/graft")
    parser.add_argument("--shots", help="a directory for screenshots")
    options = parser.parse_args()
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not program:
        print("there is no Chromium: apt-get install chromium")
        sys.exit(3)
    if options.shots:
        pathlib.Path(options.shots).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        check(options, program, pathlib.Path(folder))
    print("the page does what it should")


def check(options, program, folder):
    (folder / "adapters").mkdir()
    for name in ("first", "empty"):
        (folder / "runs" / name).mkdir(parents=True)
    (folder / "runs/first/report.html").write_text(
        "<!doctype html><title>untouched</title><h1>First run</h1>"
        "<script>document.title = 'touched'</script>")
    has_adapter = adapter(options.graft, options.model, folder)
    with Served(options.graft, options.model, "--adapters", folder / "adapters", "--runs", folder / "runs") as server:
        drive(options, program, folder, server.address, has_adapter)
    expect(server.process.returncode == 0, "SIGTERM ends the server in order")


def drive(options, program, folder, address, has_adapter):
    browser = Browser(program, str(folder / "profile"))
    try:
        browser.size(1280, 800, "light")
        browser.call("Page.navigate", url=address)
        chat(browser)
        probabilities(browser)
        side_by_side(browser, has_adapter, options.shots)
        schema(browser)
        stopping(browser)
        refusals(browser)
        browser.wait("/running, .* waiting/.test(document.getElementById('load').textContent)",
                     "the load is shown")
        browser.click("#clear")
        chat(browser)
        looks(browser, options.shots)
        runs(browser, address, options.shots)
        complaints = [event for event in browser.complaints()
                      if "/runs/" not in json.dumps(event)]
        expect(not complaints, f"no error in the console {complaints or ''}")
    finally:
        browser.close()


if __name__ == "__main__":
    main()
