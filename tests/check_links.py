"""`make check`: every link in the documents leads to a file or heading of this project that is there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*$", re.MULTILINE)
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)


def documents() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).exists()]


def anchors(path: Path) -> set[str]:
    """The anchors of a document's headings, as code hosts make them."""
    words = (re.sub(r"[^\w\s-]", "", heading.lower()) for heading in HEADING.findall(path.read_text(encoding="utf-8")))
    return {re.sub(r"\s", "-", heading) for heading in words}


def dead_links(path: Path) -> list[str]:
    dead = []
    for target in LINK.findall(CODE.sub("", path.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (path.parent / name).resolve() if name else path
        if not file.exists() or (anchor and file.suffix == ".md" and anchor not in anchors(file)):
            dead.append(f"{path.relative_to(ROOT)}: {target} leads nowhere")
    return dead


def main() -> None:
    found = documents()
    dead = [line for path in found for line in dead_links(path)]
    print("\n".join([*dead, f"links: {len(found)} documents, {len(dead)} dead"]))
    sys.exit(bool(dead))


if __name__ == "__main__":
    main()
