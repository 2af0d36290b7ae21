/** What a tap on a shelter or a closure says: its name, where it is, and the notice that names it. */
import type { Notice } from "../map/types.ts";
import { say } from "../words.ts";

export function showNotice(notice: Notice | null): void {
  const said = document.querySelector<HTMLElement>("[data-notice]");
  const [name, where, link, close] = ["strong", "span", "a", "button"].map((tag) => said?.querySelector<HTMLElement>(tag));
  if (!said || !name || !where || !link || !close) return;
  close.onclick = () => (said.hidden = true);
  said.hidden = !notice;
  if (!notice) return;
  name.textContent = [say(`notice_${notice.kind}`), notice.name].filter(Boolean).join(": ");
  where.textContent = [notice.address, notice.note].filter(Boolean).join(". ");
  link.textContent = notice.headline;
  link.setAttribute("href", notice.url);
}
