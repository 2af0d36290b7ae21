/** Copies what stands in its [data-text], and says so. Without JavaScript the text can be selected. */
export class CopyText extends HTMLElement {
  connectedCallback(): void {
    const button = this.querySelector("button");
    const source = this.querySelector<HTMLElement>("[data-text]");
    if (!button || !source || !navigator.clipboard) return;
    button.hidden = false;
    button.addEventListener("click", async () => {
      const text = source instanceof HTMLInputElement ? source.value : (source.textContent ?? "");
      await navigator.clipboard.writeText(text.trim());
      say(this, this.getAttribute("copied") ?? "");
    });
  }
}

/** Says a short word beside an element, to eyes and to screen readers, and takes it back. */
export function say(beside: HTMLElement, words: string): void {
  let status = beside.querySelector<HTMLElement>("[role=status]");
  if (!status) {
    status = document.createElement("span");
    status.setAttribute("role", "status");
    status.className = "said small";
    beside.append(status);
  }
  status.textContent = words;
  window.setTimeout(() => {
    if (status.textContent === words) status.textContent = "";
  }, 6000);
}
