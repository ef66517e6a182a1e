// The console's few lines of script: what changed is fetched and put in place,
// times are told as "so long ago", and what cannot be undone is asked about.
// Every page works without it.
"use strict";

const english = document.documentElement.lang === "en";

function ago(seconds) {
  const say = (n, zh, en) => (english ? `${n} ${en} ago` : `${n} ${zh}前`);
  if (seconds < 5) return english ? "just now" : "刚刚";
  if (seconds < 60) return say(seconds, "秒", "s");
  if (seconds < 3600) return say(Math.floor(seconds / 60), "分钟", "min");
  if (seconds < 86400) return say(Math.floor(seconds / 3600), "小时", "h");
  return say(Math.floor(seconds / 86400), "天", "d");
}

function tick() {
  for (const t of document.querySelectorAll(".ago[data-at]")) {
    const text = ago(Math.max(0, Math.floor(Date.now() / 1000 - Number(t.dataset.at))));
    if (t.textContent !== text) t.textContent = text;
  }
}
tick();
setInterval(tick, 1000);

document.addEventListener("submit", (event) => {
  const ask = event.target.dataset.ask;
  if (ask && !window.confirm(ask)) {
    event.preventDefault();
    return;
  }
  // A second touch must not do it twice.
  if (event.target.method === "post") {
    setTimeout(() => event.target.querySelectorAll("button").forEach((b) => { b.disabled = true; }), 0);
  }
});
window.addEventListener("pageshow", () => document.querySelectorAll("button:disabled").forEach((b) => { b.disabled = false; }));

// replace puts the regions that the topics change in their place, of a page that
// was fetched. One in which somebody types or has opened something is left alone
// until he is done.
function replace(page, topics) {
  for (const fresh of page.querySelectorAll("[data-live]")) {
    const wanted = topics.has("all") || fresh.dataset.live.split(" ").some((t) => topics.has(t));
    const old = document.getElementById(fresh.id);
    if (!wanted || !old || old.innerHTML === fresh.innerHTML) continue;
    if (old.querySelector("details[open]") || (old.contains(document.activeElement) && document.activeElement.matches("input, select, textarea"))) continue;
    const focused = old.contains(document.activeElement) ? document.activeElement : null;
    const path = focused && [...old.querySelectorAll(focused.tagName)].indexOf(focused);
    old.innerHTML = fresh.innerHTML; // of our own center, escaped by its templates
    if (focused) old.querySelectorAll(focused.tagName)[path]?.focus({ preventScroll: true });
    old.classList.remove("changed");
    void old.offsetWidth; // so that the animation begins anew
    old.classList.add("changed");
  }
  tick();
}

// Marks that say a busy district's news come at most this often.
const pause = 1500;

function live() {
  const lamp = document.getElementById("live");
  const mark = document.body.dataset.mark;
  if (!lamp || !mark) return;
  const waiting = new Set();
  let busy = false;
  let gone = false;
  const refresh = async () => {
    if (busy || gone || waiting.size === 0) return;
    busy = true;
    const topics = new Set(waiting);
    waiting.clear();
    try {
      const answer = await fetch(location.href, { headers: { "Ting-Live": "1" }, redirect: "manual" });
      if (answer.status === 401) return leave();
      if (answer.ok) replace(new DOMParser().parseFromString(await answer.text(), "text/html"), topics);
    } catch {
      topics.forEach((t) => waiting.add(t)); // the stream's next word tries again
    } finally {
      setTimeout(() => { busy = false; refresh(); }, pause);
    }
  };
  const leave = () => { gone = true; stream?.close(); location.assign("/signin"); };
  const show = (on) => {
    lamp.className = on ? "live on" : "live off";
    lamp.textContent = on ? lamp.dataset.joined : lamp.dataset.cut;
  };
  let stream;
  let known = mark;
  const connect = () => {
    stream = new EventSource(`/live?after=${encodeURIComponent(known)}`);
    stream.onopen = () => show(true);
    stream.onerror = () => {
      show(false);
      // After an answer that is no stream a browser gives up for good: ask
      // whether the session is over, and else begin again.
      if (stream.readyState !== EventSource.CLOSED || gone) return;
      setTimeout(async () => {
        const answer = await fetch("/account", { headers: { "Ting-Live": "1" }, redirect: "manual" }).catch(() => null);
        if (answer && answer.status === 401) leave(); else connect();
      }, 5000);
    };
    stream.addEventListener("changed", (event) => {
      known = event.lastEventId;
      event.data.split(" ").forEach((t) => waiting.add(t));
      refresh();
    });
    stream.addEventListener("signedout", leave);
  };
  connect();
  window.addEventListener("pagehide", () => stream.close());
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
}
live();
