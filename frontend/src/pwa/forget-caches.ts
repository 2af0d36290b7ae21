import { HOME, isPersonal, MY } from "./names.ts";

/** Wipes the kept pages that show what belongs to the person. */
export async function clearCaches(): Promise<void> {
  for (const name of await caches.keys()) {
    if (isPersonal(name)) await caches.delete(name);
    if (!name.startsWith("shell-")) continue;
    const shell = await caches.open(name);
    await Promise.all([HOME, MY].map((path) => shell.delete(path, { ignoreVary: true })));
  }
}
