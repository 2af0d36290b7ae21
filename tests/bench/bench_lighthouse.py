"""What Lighthouse says of the report page (its own mobile profile), and whether Chromium would install the app."""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from tests.bench.__main__ import Row
from tests.bench.city import demo_city
from tests.bench.phone import started_phone
from tests.servers import ROOT, blockwise_server

FOLDER = Path(__file__).parent / "lighthouse"
LIMITS = {"performance": 98, "accessibility": 100, "best-practices": 100}
ROUNDS = 3


def run() -> list[Row]:
    install()
    with demo_city("sqlite") as city, blockwise_server(city.environ) as (address, _):
        rounds = [audit(f"{address}/report") for _ in range(ROUNDS)]
        refusals = asyncio.run(installability(address))
    return [*(score_row(name, rounds) for name in LIMITS), install_row(refusals)]


def install() -> None:
    """Lighthouse is a package of its own: only this benchmark needs it."""
    lock = (FOLDER / "package-lock.json").read_bytes()
    installed = FOLDER / "node_modules" / ".installed"
    if installed.exists() and installed.read_bytes() == lock:
        return
    npm = [str(ROOT / ".venv" / "bin" / "npm"), "ci", "--prefix", str(FOLDER), "--no-audit", "--no-fund", "--silent"]
    subprocess.run(npm, check=True, env=with_node())
    installed.write_bytes(lock)


def with_node() -> dict[str, str]:
    path = f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "CHROME_PATH": "/usr/bin/chromium"}


def audit(url: str) -> dict[str, Any]:
    """Lighthouse's result as JSON."""
    program = FOLDER / "node_modules" / "lighthouse" / "cli" / "index.js"
    with tempfile.TemporaryDirectory(prefix="blockwise-bench-") as folder:
        result = Path(folder) / "result.json"
        told = ["--quiet", "--output=json", f"--output-path={result}", "--no-enable-error-reporting"]
        flags = ["--chrome-flags=--headless=new --no-sandbox", f"--only-categories={','.join(LIMITS)}"]
        subprocess.run(["node", str(program), url, *told, *flags], check=True, env=with_node(), timeout=300)
        document: dict[str, Any] = json.loads(result.read_text())
        return document


async def installability(address: str) -> list[str]:
    """Why Chromium would not install the app. Lighthouse has asked this no longer since its version 12."""
    with tempfile.TemporaryDirectory(prefix="blockwise-bench-") as folder:
        async with started_phone(Path(folder)) as phone:
            page = await phone.new_page()
            await page.goto(f"{address}/report", wait_until="networkidle")
            await page.evaluate("navigator.serviceWorker.ready.then(() => true)")
            session = await phone.new_cdp_session(page)
            told = await session.send("Page.getInstallabilityErrors")
            manifest = await session.send("Page.getAppManifest")
            return [*(one["errorId"] for one in told["installabilityErrors"]), *map(str, manifest["errors"])]


def score_row(name: str, rounds: list[dict[str, Any]]) -> Row:
    score = 100 * statistics.median(float(one["categories"][name]["score"]) for one in rounds)
    limit = LIMITS[name]
    said = (
        figures(rounds) if name == "performance" else f"not passed: {', '.join(failed(rounds[0], name)) or 'nothing'}"
    )
    return {
        "name": f"Lighthouse, the report page: {name}",
        "value": score,
        "unit": "points",
        "limit": f"at least {limit}",
        "ratio": score / limit,
        "ok": score >= limit,
        "detail": said,
    }


def figures(rounds: list[dict[str, Any]]) -> str:
    names = {
        "first-contentful-paint": "FCP",
        "largest-contentful-paint": "LCP",
        "total-blocking-time": "TBT",
        "cumulative-layout-shift": "CLS",
    }
    said = []
    for audit_id, short in names.items():
        value = statistics.median(float(one["audits"][audit_id]["numericValue"]) for one in rounds)
        said.append(f"{short} {value:.3f}" if short == "CLS" else f"{short} {value:.0f} ms")
    version = rounds[0]["lighthouseVersion"]
    return f"median of {ROUNDS} with Lighthouse {version}, its mobile throttling; {', '.join(said)}"


def failed(result: dict[str, Any], category: str) -> list[str]:
    refs = result["categories"][category]["auditRefs"]
    return [ref["id"] for ref in refs if ref["weight"] and result["audits"][ref["id"]]["score"] not in (1, None)]


def install_row(refusals: list[str]) -> Row:
    return {
        "name": "installability: what Chromium has against it",
        "value": float(len(refusals)),
        "unit": "errors",
        "limit": "none",
        "ratio": None,
        "ok": not refusals,
        "detail": ", ".join(refusals) or "Page.getInstallabilityErrors and the manifest's own errors",
    }
