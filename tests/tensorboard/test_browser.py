"""TensorBoard's pages of a run, in a real browser; `make test-browser` needs Chromium and its driver."""

import json
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from urllib.parse import quote

import pytest

from keras_ae import cli

pytestmark = pytest.mark.browser
FLAGS = (
    "--headless=new --no-sandbox --disable-dev-shm-usage --use-gl=angle --use-angle=swiftshader "
    "--enable-unsafe-swiftshader --no-first-run --disable-background-networking --window-size=1500,1100"
).split()


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A TensorBoard over one short run of the denoising recipe."""
    folder = tmp_path_factory.mktemp("runs")
    assert cli.main(["train", "denoising", "--runs", str(folder), "--models", str(folder / "models"),
                     "--set", "epochs=3"]) == 0  # fmt: skip
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(folder), "--port", str(port),
               "--samples_per_plugin", "images=100"]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}/"
    for _ in range(120):
        try:
            urllib.request.urlopen(f"{address}data/runs").close()
            break
        except OSError:
            time.sleep(0.5)
    yield address
    process.terminate()
    process.wait()


@pytest.fixture(scope="module")
def browser():
    webdriver = pytest.importorskip("selenium.webdriver")
    driver = shutil.which("chromedriver")
    if driver is None:
        pytest.skip("no chromedriver is installed")
    options = webdriver.ChromeOptions()
    for flag in FLAGS:
        options.add_argument(flag)
    browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield browser
    browser.quit()


PAGES = {
    "timeseries": "epoch_loss",
    "images": "examples",
    "histograms": "decoder_conv_2/kernel/histogram",
    "text": "task.corruption.sigma",
    "hparams": "variant.latent_dim",
    "graphs": "",  # drawn, not written: its data is read below
    "projector": "Points: ",
}
DEEP = """
const texts = []; const walk = node => { for (const child of node.childNodes) walk(child);
  if (node.shadowRoot) walk(node.shadowRoot); if (node.contentDocument) walk(node.contentDocument);
  if (node.nodeType == 3) texts.push(node.textContent); };
walk(document.body); return texts.join(' ');
"""


@pytest.mark.parametrize("page", PAGES)
def test_a_page_shows_what_the_run_wrote(address, browser, page, tmp_path_factory):
    browser.get(f"{address}#{page}")
    wanted = PAGES[page]
    for _ in range(40):
        time.sleep(0.5)
        text = browser.execute_script(DEEP)
        if wanted and wanted in text:
            break
    time.sleep(6)
    browser.save_screenshot(str(tmp_path_factory.getbasetemp() / f"{page}.png"))
    assert wanted in browser.execute_script(DEEP)
    assert "No dashboards are active" not in browser.execute_script(DEEP)


def test_the_graph_page_has_the_ops_of_the_model(address):
    with urllib.request.urlopen(f"{address}data/plugin/graphs/info") as answer:
        runs = json.load(answer)
    [run] = [name for name, entry in runs.items() if entry["run_graph"]]
    with urllib.request.urlopen(
        f"{address}data/plugin/graphs/graph?run={quote(run)}&conceptual=false"
    ) as answer:
        assert b"Conv2D" in answer.read()
