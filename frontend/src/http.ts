/** Asking the server for small things, with a limit on the wait. */

/** JSON from our own server. Rejects for any other answer than 2xx, and after `wait` milliseconds. */
export async function getJson<T>(url: string, wait = 8000, signal?: AbortSignal): Promise<T> {
  return (await (await ask(url, { Accept: "application/json" }, wait, signal)).json()) as T;
}

/** A fragment of HTML, or "" when there is nothing to show (204). */
export async function getFragment(url: string, wait = 8000): Promise<string> {
  const answer = await askFragment(url, wait);
  return answer.status === 204 ? "" : answer.text();
}

/** The answer with a fragment of HTML, for whoever reads its headers too. */
export function askFragment(url: string, wait: number, signal?: AbortSignal): Promise<Response> {
  return ask(url, { Accept: "text/html", "HX-Request": "true" }, wait, signal);
}

async function ask(url: string, headers: Record<string, string>, wait: number, signal?: AbortSignal): Promise<Response> {
  const limit = AbortSignal.timeout(wait);
  const answer = await fetch(url, { headers, signal: signal ? AbortSignal.any([signal, limit]) : limit });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer;
}
