"""A phone's push service, as far as it can be had without the internet.

Chromium gets its addresses from its maker's servers. Here the page gets them from a push service on loopback, which
checks and decrypts what the city sends; what it read goes to the real service worker, as the browser would bring it.
"""

from __future__ import annotations

import asyncio
import json
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import CDPSession, Worker

from tests.e2e.installed import InstalledPhone

SUBSCRIBES = """
const kept = () => JSON.parse(localStorage.getItem("push service") ?? "null");
const plain = (text) => atob(text.replaceAll("-", "+").replaceAll("_", "/"));
const bytes = (text) => Uint8Array.from(plain(text), (sign) => sign.charCodeAt(0));
const signs = (raw) => btoa(String.fromCharCode(...new Uint8Array(raw))).replaceAll("+", "-").replaceAll("/", "_");
const text = (raw) => signs(raw).replace(/=+$/, "");
const made = ({ key, ...given }) => ({
  endpoint: given.endpoint,
  options: { userVisibleOnly: true, applicationServerKey: bytes(key).buffer },
  toJSON: () => ({ endpoint: given.endpoint, expirationTime: null, keys: given.keys }),
  unsubscribe: async () => (localStorage.removeItem("push service"), true),
});
PushManager.prototype.getSubscription = async () => kept() && made(kept());
PushManager.prototype.subscribe = async ({ userVisibleOnly, applicationServerKey }) => {
  if (!userVisibleOnly) throw new TypeError("only what is shown may be pushed");
  const key = text(applicationServerKey);
  localStorage.setItem("push service", JSON.stringify({ ...JSON.parse(await askPushService(key)), key }));
  return made(kept());
};
const asks = Notification.requestPermission.bind(Notification);
Notification.requestPermission = () => {
  localStorage.setItem("asked", String(Number(localStorage.getItem("asked") ?? 0) + 1));
  return asks();
};
for (const [name, count] of [["setAppBadge", null], ["clearAppBadge", 0]])
  Navigator.prototype[name] = async (given) => localStorage.setItem("icon", String(count ?? given));
"""
# The same of the icon, in the service worker.
NOTES = """() => {
  self.icon = [];
  self.opened = [];
  Object.getPrototypeOf(navigator).setAppBadge = async (count) => void self.icon.push(count);
  Object.getPrototypeOf(navigator).clearAppBadge = async () => void self.icon.push(0);
  self.clients.openWindow = async (url) => void self.opened.push(url);
}"""
SHOWN = """async () => (await self.registration.getNotifications()).map(({ title, body, tag, lang, data, actions }) =>
  ({ title, body, tag, lang, url: data.url, actions: actions.map(({ title }) => title) }))"""
CLICK = """async ([tag, action]) => {
  const [notification] = await self.registration.getNotifications({ tag });
  const event = new NotificationEvent("notificationclick", { notification, action });
  self.dispatchEvent(event);
}"""


def ask(url: str, **form: str) -> Any:
    body = urllib.parse.urlencode(form).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data=body, method="POST"), timeout=5) as answer:
        return json.load(answer)["data"]


@dataclass
class PushPhone:
    phone: InstalledPhone
    service: str
    session: CDPSession | None = None
    registration: str = ""
    read: dict[str, int] = field(default_factory=dict)

    async def prepare(self) -> None:
        """Before its first page."""
        context = self.phone.context
        await context.expose_function("askPushService", self._subscribe)
        await context.add_init_script(SUBSCRIBES)
        await self.allow("granted")

    async def allow(self, setting: str) -> None:
        """What the person has told the browser of this site: granted, denied or prompt."""
        session = await self.phone.context.new_cdp_session(self.phone.page)
        permission = {"permission": {"name": "notifications"}, "setting": setting}
        await session.send("Browser.setPermission", {**permission, "origin": self.phone.tunnel.address})

    async def _subscribe(self, key: str) -> str:
        # The service reads a form, in which there is no other "true".
        given = await asyncio.to_thread(
            ask, f"{self.service}/subscribe", userVisibleOnly="true", applicationServerKey=key
        )
        return json.dumps(given)

    @property
    def worker(self) -> Worker:
        return self.phone.context.service_workers[0]

    async def connect(self) -> None:
        """To the service worker, once it is there."""
        await self.worker.evaluate(NOTES)
        self.session = await self.phone.context.new_cdp_session(self.phone.page)
        found: list[str] = []
        self.session.on(
            "ServiceWorker.workerRegistrationUpdated",
            lambda event: found.extend(one["registrationId"] for one in event["registrations"]),
        )
        await self.session.send("ServiceWorker.enable")
        for _ in range(50):
            if found:
                break
            await asyncio.sleep(0.1)
        self.registration = found[-1]

    async def arrives(self, endpoint: str) -> None:
        """Brings what the push service has decrypted for this address since to the service worker."""
        messages = (await asyncio.to_thread(ask, f"{self.service}/get-notifications", clientHash=name_of(endpoint)))[
            "messages"
        ]
        for message in messages[self.read.get(endpoint, 0) :]:
            await self.deliver(message)
        self.read[endpoint] = len(messages)

    async def deliver(self, data: str) -> None:
        assert self.session
        which = {"origin": self.phone.tunnel.address, "registrationId": self.registration}
        await self.session.send("ServiceWorker.deliverPushMessage", {**which, "data": data})

    async def shown(self, count: int, title: str = "") -> list[dict[str, Any]]:
        """The messages on the screen, once there are so many, and one with this title."""
        found: list[dict[str, Any]] = []
        for _ in range(100):
            found = await self.worker.evaluate(SHOWN)
            if len(found) == count and (not title or title in [one["title"] for one in found]):
                return found
            await asyncio.sleep(0.1)
        raise AssertionError(f"not {count} messages: {found}")

    async def counted(self, count: int) -> None:
        """Waits until the icon has this number."""
        for _ in range(50):
            if await self.worker.evaluate("self.icon.at(-1)") == count:
                return
            await asyncio.sleep(0.1)
        raise AssertionError(f"the icon says {await self.worker.evaluate('self.icon')}")

    async def tap(self, tag: str, action: str = "") -> None:
        await self.worker.evaluate(CLICK, [tag, action])


def name_of(endpoint: str) -> str:
    return endpoint.rpartition("/")[2]
