/** What the city says in words when it refuses an area. */
export class Refused extends Error {
  override name = "Refused";
}

/** The city's own words, or an error that names the status alone where something else answered. */
export async function cityRefusal(answer: Response): Promise<Error> {
  const ours = (answer.headers.get("content-type") ?? "").startsWith("application/problem+json");
  const { detail } = ours ? ((await answer.json()) as { detail?: string }) : {};
  return detail ? new Refused(detail) : new Error(String(answer.status));
}
