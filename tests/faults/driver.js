// Runs in every page before the page's own scripts: what the run asks of a phone, through the product's own module.
(() => {
  const connections = new Set();
  const running = new Set();

  const open = IDBFactory.prototype.open;
  IDBFactory.prototype.open = function (...given) {
    const request = open.apply(this, given);
    request.addEventListener("success", () => connections.add(request.result));
    return request;
  };
  const transaction = IDBDatabase.prototype.transaction;
  IDBDatabase.prototype.transaction = function (...given) {
    const begun = transaction.apply(this, given);
    running.add(begun);
    for (const end of ["complete", "abort"]) begun.addEventListener(end, () => running.delete(begun));
    return begun;
  };

  // The phone's clock: as wrong as the run says, from one moment to the next.
  const RealDate = Date;
  const wrong = () => {
    try {
      return Number(localStorage.getItem("clock-is-wrong-by") ?? 0);
    } catch {
      return 0;
    }
  };
  self.Date = new Proxy(RealDate, {
    construct: (_, given) => (given.length ? new RealDate(...given) : new RealDate(RealDate.now() + wrong())),
    apply: () => new RealDate(RealDate.now() + wrong()).toString(),
    get: (_, name) => (name === "now" ? () => RealDate.now() + wrong() : Reflect.get(RealDate, name)),
  });

  async function bytesOf(base64) {
    const text = atob(base64);
    const bytes = new Uint8Array(text.length);
    for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
    const digest = await crypto.subtle.digest("SHA-256", bytes);
    return { bytes: bytes.buffer, hash: [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("") };
  }

  async function database() {
    return new Promise((done, failed) => {
      const request = open.call(indexedDB, "blockwise");
      request.onsuccess = () => done(request.result);
      request.onerror = () => failed(request.error);
    });
  }

  async function all(names) {
    const connection = await database();
    try {
      const reading = transaction.call(connection, names);
      const asked = names.map((name) => new Promise((done, failed) => {
        const request = reading.objectStore(name).getAll();
        request.onsuccess = () => done(request.result);
        request.onerror = () => failed(request.error);
      }));
      return await Promise.all(asked);
    } finally {
      connection.close();
    }
  }

  self.driver = {
    /** Puts a report as the form does: the draft, each photo as it is taken, the draft again, and then "Send". */
    async put(outbox, { id, title, fields, photos }) {
      outbox.startSender();
      const draft = { client_request_id: id, saved: Date.now(), step: "words", fields, photos: [], addressTyped: false, title };
      await outbox.saveDraft(draft);
      for (const photo of photos) {
        const { bytes, hash } = await bytesOf(photo.base64);
        await outbox.savePhoto({ id: photo.id, draft: id, type: "image/jpeg", bytes, hash });
        draft.photos.push(photo.id);
      }
      await outbox.saveDraft(draft);
      await outbox.queueDraft(draft, { kind: "report", title, language: "en", seen: [] });
      return true;
    },
    queue: (outbox, item) => outbox.queue(item),
    /** What version 1 of the app left on the phone: a draft and its photos, without hashes. */
    keepAsVersion1: (_, { id, title, fields, photos }) =>
      new Promise((done, failed) => {
        const request = indexedDB.open("blockwise", 1);
        request.onerror = () => failed(request.error);
        request.onupgradeneeded = () => {
          request.result.createObjectStore("drafts", { keyPath: "client_request_id" }).createIndex("saved", "saved");
          request.result.createObjectStore("photos", { keyPath: "id" }).createIndex("draft", "draft");
        };
        request.onsuccess = async () => {
          const rows = await Promise.all(photos.map(async (photo) => ({ id: photo.id, draft: id, type: "image/jpeg", bytes: (await bytesOf(photo.base64)).bytes })));
          const writing = request.result.transaction(["drafts", "photos"], "readwrite");
          for (const row of rows) writing.objectStore("photos").put(row);
          const draft = { client_request_id: id, saved: Date.now(), step: "words", fields, photos: photos.map((photo) => photo.id), addressTyped: false, title };
          writing.objectStore("drafts").put(draft);
          writing.oncomplete = () => done(request.result.close());
        };
      }),
    remove: (outbox, id) => outbox.remove(id),
    wake: (outbox) => void outbox.sendNow().catch(() => undefined),
    waiting: async (outbox) => (await outbox.items()).length,
    drain: (outbox) => outbox.drain(),
    /** As a person does with what was refused: sends it again as it is, or opens it and sends it from there. */
    async insist(outbox, mending) {
      void outbox.sendNow().catch(() => undefined);
      const refused = (await outbox.items()).filter((item) => item.state === "needs-you");
      for (const item of refused) {
        if (!mending) void outbox.sendNow(item.client_request_id).catch(() => undefined);
        else await outbox.queueDraft(await outbox.mend(item.client_request_id), { kind: "report", title: item.title, language: "en", seen: [] });
      }
    },
    async look() {
      const [items, receipts, drafts, photos] = await all(["items", "receipts", "drafts", "photos"]);
      return { items, receipts, drafts, photos: photos.map(({ id, draft }) => ({ id, draft })) };
    },
    closeStore() {
      for (const begun of running) try { begun.abort(); } catch {}
      for (const connection of connections) connection.close();
      connections.clear();
    },
    setClock: (_, wrong) => localStorage.setItem("clock-is-wrong-by", String(wrong)),
    /** Whether a new version has come and is in place: the app itself may say that it is not the moment. */
    async renew() {
      const registration = await navigator.serviceWorker.getRegistration();
      await registration?.update();
      for (let tries = 0; tries < 50 && registration && !registration.waiting; tries++) await new Promise((done) => setTimeout(done, 50));
      const waiting = registration?.waiting;
      waiting?.postMessage({ type: "SKIP_WAITING" });
      for (let tries = 0; tries < 20 && waiting && waiting.state !== "activated"; tries++) await new Promise((done) => setTimeout(done, 50));
      return waiting?.state === "activated";
    },
  };
})();
