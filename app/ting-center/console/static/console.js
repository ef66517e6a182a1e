// The console's few lines of script: live updates of the overview, times as
// "so long ago", and a question before what cannot be undone.
"use strict";

const english = document.documentElement.lang === "en";

function ago(seconds) {
  if (seconds < 5) return english ? "now" : "刚刚";
  if (seconds < 60) return english ? `${seconds} s ago` : `${seconds} 秒前`;
  if (seconds < 3600) return english ? `${Math.floor(seconds / 60)} min ago` : `${Math.floor(seconds / 60)} 分钟前`;
  if (seconds < 86400) return english ? `${Math.floor(seconds / 3600)} h ago` : `${Math.floor(seconds / 3600)} 小时前`;
  return english ? `${Math.floor(seconds / 86400)} d ago` : `${Math.floor(seconds / 86400)} 天前`;
}

function tick() {
  for (const t of document.querySelectorAll("time.ago")) {
    t.textContent = ago(Math.max(0, Math.floor(Date.now() / 1000 - Number(t.dataset.at))));
  }
}

document.addEventListener("submit", (event) => {
  const ask = event.target.dataset.ask;
  if (ask && !window.confirm(ask)) event.preventDefault();
});

tick();
setInterval(tick, 1000);

const lines = document.getElementById("lines");
if (lines) {
  const lamp = document.getElementById("live");
  const stream = new EventSource("/live");
  stream.onopen = () => lamp.classList.add("on");
  stream.onerror = () => lamp.classList.remove("on");
  stream.addEventListener("lines", (event) => {
    lines.insertAdjacentHTML("afterbegin", event.data); // escaped by the center's templates
    while (lines.children.length > 20) lines.lastElementChild.remove();
    document.getElementById("nolines").hidden = true;
  });
  for (const part of ["terminals", "figures"]) {
    stream.addEventListener(part, (event) => {
      document.getElementById(part).innerHTML = event.data; // escaped likewise
      tick();
    });
  }
}
