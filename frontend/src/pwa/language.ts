/** Changing the language asks the server first: without a connection the page stays as it is, and says so. */
import { MAP } from "./names.ts";

const PATIENCE_MS = 8000;

export function keepLanguageSwitch(): void {
  document.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    if (!form.matches("form.language")) return;
    event.preventDefault();
    void change(form, new FormData(form, event.submitter));
  });
}

async function change(form: HTMLFormElement, chosen: FormData): Promise<void> {
  const body = new URLSearchParams([...chosen].map(([name, value]) => [name, String(value)]));
  try {
    const answer = await fetch(form.action, { method: "POST", body, redirect: "manual", signal: AbortSignal.timeout(PATIENCE_MS) });
    // The answer leads back to the page: a redirect that is not followed has no status.
    if (answer.type !== "opaqueredirect" && !answer.ok) throw new Error(String(answer.status));
    await caches?.delete(MAP).catch(() => false);
    location.assign(body.get("back") ?? "/");
  } catch {
    const note = document.querySelector<HTMLElement>("[data-language-offline]");
    if (note) note.hidden = false;
  }
}
