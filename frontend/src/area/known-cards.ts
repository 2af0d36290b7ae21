/** What is known nearby without a connection, as the same cards that the server sends. */
import { getJson } from "../http.ts";
import { need } from "../report/fields.ts";
import type { Point } from "../report/geo.ts";
import type { Kind } from "../report/kind-index.ts";
import { ago, clock, fill } from "../words.ts";
import { type Known, knownKept } from "./offline.ts";

/** A line that says how old they are, and the cards; nothing where nothing near is known. `template` is one card. */
export async function keptCards(template: HTMLTemplateElement, at: Point, service_code: string): Promise<HTMLElement[]> {
  const { services } = await getJson<{ services: Kind[] }>(`/report/catalogue?lang=${document.documentElement.lang}`);
  const kind = services.find(({ code }) => code === service_code);
  const known = kind && (await knownKept(at, kind, services));
  if (!known?.near.length) return [];
  const line = document.createElement("p");
  line.className = "note wait";
  line.textContent = fill(template.dataset.asOf ?? "", { when: clock(known.asOf, Date.now(), document.documentElement.lang) });
  const list = document.createElement("ul");
  list.className = "cards";
  const names = new Map(services.map(({ code, name }) => [code, name]));
  list.append(...known.near.map((one) => card(template, one, names.get(one.request.service_code) ?? one.request.service_name)));
  return [line, list];
}

function card(template: HTMLTemplateElement, { request, metres }: Known, name: string): HTMLElement {
  const item = template.content.firstElementChild!.cloneNode(true) as HTMLElement;
  const words = template.dataset;
  item.dataset.known = request.service_request_id;
  need(item, "h2").textContent = name;
  const age = ago(Date.parse(request.requested_datetime), Date.now(), document.documentElement.lang);
  need(item, "[data-facts]").textContent = `${fill(words.metres ?? "", { metres: Math.round(metres) })} · ${age}`;
  put(item, "[data-address]", request.address);
  const expected = request.expected_datetime ? Date.parse(request.expected_datetime) : null;
  put(item, "[data-promise]", expected === null ? "" : fill((expected < Date.now() ? words.wasPromised : words.promised) ?? "", { day: daySaid(expected) }));
  need<HTMLButtonElement>(item, "[data-join]").formAction = `/requests/${request.service_request_id}/join`;
  return item;
}

function put(item: HTMLElement, selector: string, words: string): void {
  const line = need<HTMLElement>(item, selector);
  if (words) line.textContent = words;
  else line.remove();
}

function daySaid(at: number): string {
  return new Intl.DateTimeFormat(document.documentElement.lang, { weekday: "long", day: "numeric", month: "long" }).format(at);
}
