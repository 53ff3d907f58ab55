// The shop's tracker: page(), track(name, properties), identify(userId, traits), reset() at log-out.
(() => {
  const { src, dataset } = document.currentScript, url = new URL("/v1/batch", src).href;
  const MAX_QUEUED = 500, MAX_EVENT_BYTES = 32 * 1024, MAX_BYTES = 50e3, SESSION_MS = 30 * 60e3, MAX_WAIT_MS = 60e3;
  const memory = {}; // stands in where localStorage is blocked or full
  const local = (work) => { try { return work(localStorage) ?? null; } catch { return null; } };
  const get = (name) => memory[name] ?? local((s) => s.getItem("shopstream." + name));
  const put = (name, text) => {
    memory[name] = text;
    local((s) => { s.setItem("shopstream." + name, text); delete memory[name]; });
  };
  const drop = (name) => { delete memory[name]; local((s) => s.removeItem("shopstream." + name)); };
  const hex = (byte) => byte.toString(16).padStart(2, "0");
  const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), hex).join("");
  const anonymousId = () => { if (!get("anonymous")) put("anonymous", newId()); return get("anonymous"); };
  const sessionId = () => {
    const [id, last] = (get("session") ?? "").split(" "), now = Date.now();
    const current = id && now - last < SESSION_MS ? id : newId();
    put("session", current + " " + now);
    return current;
  };

  // Every event has a key of its own, so that tabs never write over each other's queue; keys sort by time.
  const queue = () => {
    const saved = (local(Object.keys) ?? []).filter((key) => key.startsWith("shopstream.q"));
    return [...saved.map((key) => key.slice(11)), ...Object.keys(memory).filter((name) => name[0] === "q")].sort();
  };
  const batch = (names) => {
    const taken = [], texts = [];
    let bytes = 300;
    for (const name of names) {
      const text = get(name) ?? "", size = new Blob([text]).size + 1;
      if (taken.length && bytes + size > MAX_BYTES) break;
      taken.push(name); texts.push(text); bytes += size;
    }
    const head = JSON.stringify({ writeKey: dataset.writeKey, sentAt: new Date() }).slice(0, -1);
    return [taken, `${head},"batch":[${texts.filter(Boolean)}]}`];
  };
  let underWay = [], failures = 0, timer = 0, count = 0;
  const flush = async () => {
    if (underWay.length || timer) return;
    let wait = 0;
    try {
      for (let body; ([underWay, body] = batch(queue())), underWay.length; failures = 0) {
        const headers = { "Content-Type": "application/json" }, signal = AbortSignal.timeout?.(30e3);
        const options = { method: "POST", body, headers, signal, keepalive: true, credentials: "omit" };
        const answer = await fetch(url, options);
        wait = 1000 * answer.headers.get("Retry-After") || 0;
        // What is refused as malformed would be refused again; everything else is worth another try.
        if (!answer.ok && ![400, 413].includes(answer.status)) throw new Error(answer.status);
        underWay.forEach(drop);
        const refused = (await answer.json().catch(() => ({}))).refused ?? [];
        if (refused.length || !answer.ok) console.warn("shopstream: refused", answer.status, refused);
      }
    } catch {
      const backOff = Math.min(MAX_WAIT_MS, 1000 * 2 ** failures++) * (0.5 + Math.random() / 2);
      timer = setTimeout(() => { timer = 0; flush(); }, Math.max(wait, backOff));
    }
    underWay = [];
  };

  const send = (type, fields) => {
    try {
      const { userAgent, language: locale } = navigator, { pathname: path, href, search } = location;
      const page = { path, url: href, search, title: document.title, referrer: document.referrer };
      const device = { type: /Mobi|Android/.test(userAgent) ? "mobile" : "desktop" };
      const library = { name: "shopstream.js", version: "1.0.0" };
      const context = { library, sessionId: sessionId(), page, userAgent, locale, device };
      const now = new Date(), name = `q${+now}-${String(count++).padStart(6, "0")}-${newId()}`;
      const who = { anonymousId: anonymousId(), userId: get("user") ?? undefined };
      const text = JSON.stringify({ type, messageId: newId(), timestamp: now, ...who, context, ...fields });
      if (new Blob([text]).size > MAX_EVENT_BYTES) throw new Error("an event may have 32 KB");
      put(name, text);
      queue().slice(0, -MAX_QUEUED).forEach(drop);
      flush();
    } catch (error) { console.warn("shopstream:", error); } // a page must not break over its tracker
  };
  const api = {
    page: (properties) => send("page", { properties }),
    track: (event, properties) => send("track", { event, properties }),
    identify: (userId, traits) => { if (userId != null) put("user", String(userId)); send("identify", { traits }); },
    reset: () => ["user", "anonymous", "session"].forEach(drop),
    push: ([name, ...values]) => api[name](...values),
  };
  // A page that is left cannot wait for an answer: its events stay queued until one has come, on whichever page.
  addEventListener("pagehide", () => {
    const [names, body] = batch(queue().filter((name) => !underWay.includes(name)));
    if (names.length) navigator.sendBeacon(url, body);
  });
  addEventListener("online", () => { clearTimeout(timer); timer = 0; flush(); });
  const called = window.shopstream;
  window.shopstream = api;
  if (Array.isArray(called)) called.forEach(api.push);
  flush();
})();
