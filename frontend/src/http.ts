/** Asking the server for small things, with a limit on the wait. */

/** JSON from our own server. Rejects for any other answer than 2xx, and after `wait` milliseconds. */
export async function getJson<T>(url: string, wait = 8000, signal?: AbortSignal): Promise<T> {
  const limit = AbortSignal.timeout(wait);
  const both = signal ? AbortSignal.any([signal, limit]) : limit;
  const answer = await fetch(url, { headers: { Accept: "application/json" }, signal: both });
  if (!answer.ok) throw new Error(String(answer.status));
  return (await answer.json()) as T;
}

/** A fragment of HTML, or "" when there is nothing to show (204). */
export async function getFragment(url: string, wait = 8000): Promise<string> {
  const answer = await fetch(url, { headers: { Accept: "text/html", "HX-Request": "true" }, signal: AbortSignal.timeout(wait) });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.status === 204 ? "" : answer.text();
}
