/** Puts a ready answer into a field, where its cursor is. Without JavaScript it is copied by hand. */
export class CannedAnswers extends HTMLElement {
  connectedCallback(): void {
    for (const button of this.querySelectorAll<HTMLButtonElement>("[data-put]")) {
      button.hidden = false;
      button.addEventListener("click", () => this.#put(button.closest("li")?.querySelector("[data-text]")?.textContent ?? ""));
    }
  }

  #put(words: string): void {
    const field = document.getElementById(this.getAttribute("for") ?? "");
    if (!(field instanceof HTMLTextAreaElement)) return;
    field.setRangeText(words, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
    this.querySelector("details")?.removeAttribute("open");
    field.focus();
  }
}
