"""How the tests and benchmarks start Debian's Chromium."""

from __future__ import annotations

CHROMIUM = "/usr/bin/chromium"
# The pages behind the address bar, which nobody sees here, cost half of each browser's start and of each context's.
UNSEEN = ["WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup"]
# What Playwright turns off itself: of two such lists Chromium reads the last.
PLAYWRIGHTS = [
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "LensOverlay",
    "MediaRouter",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "TcpPortRandomizationWin",
    "OptimizationHints",
    "NetworkTimeServiceQuerying",
    "AimEnabled",
    "PreconnectToSearch",
]
WITHOUT = f"--disable-features={','.join([*UNSEEN, *PLAYWRIGHTS])}"
FLAGS = [
    WITHOUT,
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
