/** What another app shares becomes a draft on this phone. The one POST that the service worker takes: see decision 7. */
import { uuid7 } from "../report/uuid7.ts";
import { change } from "../store/database.ts";
import type { Draft, Photo } from "../store/types.ts";

const WORDS = ["title", "text", "url"];

/** 303 to the report page with the draft; whatever goes wrong, the POST goes to the server as it came. */
export async function takeShared(request: Request): Promise<Response> {
  const untouched = request.clone();
  try {
    const draft = await keepShared(await request.formData());
    return Response.redirect(`/report?draft=${draft}`, 303);
  } catch {
    return fetch(untouched);
  }
}

/** The number of the draft, once it is on disk with its photos. Rejects for a form with nothing in it. */
async function keepShared(form: FormData): Promise<string> {
  const id = uuid7();
  const files = form.getAll("media").filter((one): one is File => one instanceof File && one.size > 0);
  const words = WORDS.map((name) => String(form.get(name) ?? "").trim()).filter(Boolean).join("\n");
  if (!files.length && !words) throw new Error("Nothing was shared.");
  const photos = await Promise.all(files.map((file) => rawPhoto(file, id)));
  await write(draftOf(id, words, photos), photos);
  return id;
}

/** As it came: the page reads its place and time and makes it small when it opens the draft. */
async function rawPhoto(file: File, draft: string): Promise<Photo> {
  return { id: uuid7(), draft, type: file.type || "application/octet-stream", bytes: await file.arrayBuffer(), raw: true };
}

function draftOf(id: string, words: string, photos: readonly Photo[]): Draft {
  return {
    client_request_id: id,
    saved: Date.now(),
    step: "photo",
    fields: words ? [["description", words]] : [],
    photos: photos.map((photo) => photo.id),
    addressTyped: false,
    title: words.split("\n")[0]?.slice(0, 80) ?? "",
  };
}

function write(draft: Draft, photos: readonly Photo[]): Promise<void> {
  return change(["drafts", "photos"], async (stores) => {
    await Promise.all(photos.map((photo) => stores.objectStore("photos").put(photo)));
    await stores.objectStore("drafts").put(draft);
  });
}
