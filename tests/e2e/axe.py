"""axe-core on a page: the automatic part of WCAG 2.2 AA."""

from __future__ import annotations

from functools import cache

from playwright.async_api import Page

from tests.servers import ROOT

AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
RUN = """async () => {
  const found = await axe.run(document, { resultTypes: ["violations"] });
  return found.violations.flatMap((rule) =>
    rule.nodes.map((node) => `${rule.id}: ${rule.help}: ${node.target.join(" ")}: ${node.html.slice(0, 160)}`));
}"""


@cache
def source() -> str:
    return AXE.read_text(encoding="utf-8")


async def violations(page: Page) -> list[str]:
    """Each thing that axe finds, in the light and in the dark."""
    found = []
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        await page.evaluate(source())
        found += [f"{page.url} ({scheme}): {one}" for one in await page.evaluate(RUN)]
    await page.emulate_media(color_scheme="light")
    return found
