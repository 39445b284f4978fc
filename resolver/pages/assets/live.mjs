// SPDX-License-Identifier: Apache-2.0
//
// Fills the table of /live from the stream of events at /api/v1/tail. Texts become text nodes and nothing else. What it
// says to a screen reader is a sum every few seconds, never each row.

const live = document.getElementById("live");
const rows = document.getElementById("live-rows");
const state = document.getElementById("live-state");
const droppedText = document.getElementById("live-dropped");
const pauseButton = document.getElementById("live-pause");
const clearButton = document.getElementById("live-clear");
const words = live.dataset;
const kept = Number(words.rows);
const columns = ["verdict", "name", "service", "group", "directive"];
const summaryEvery = 5000;  // milliseconds
const drawEvery = 200;

let paused = false;
let over = false;
let waiting = [];       // lines that are not in the table yet, the oldest first
let lost = 0;           // lines that came while the page was paused and are beyond what is kept
let dropped = 0;        // lines that the daemon dropped
let sinceSummary = 0;
let drawing = false;

const clock = new Intl.DateTimeFormat(document.documentElement.lang, {
  timeZone: words.zone, hour12: false, hour: "2-digit", minute: "2-digit", second: "2-digit",
});

function filled(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, key) => (key in values ? String(values[key]) : whole));
}

function timeOf(text) {
  const at = new Date(text);
  return Number.isNaN(at.getTime()) ? text : clock.format(at);
}

function link(kind, id) {
  const made = document.createElement("a");
  made.href = `/${kind}/${encodeURIComponent(id)}`;
  made.textContent = id;
  return made;
}

function cellOf(hit, column) {
  const cell = document.createElement(column === "name" ? "th" : "td");
  if (column === "name") cell.scope = "row";
  const value = column === "service" ? hit.service ?? hit.list : hit[column];
  if (typeof value !== "string" || value === "") {
    cell.textContent = "–";
  } else if (column === "verdict") {
    const mark = document.createElement("span");
    mark.className = `verdict ${/^[a-z]+$/.test(value) ? value : "other"}`;
    mark.textContent = live.getAttribute(`data-verdict-${value}`) ?? value;
    cell.append(mark);
  } else if (column === "name") {
    const made = document.createElement("a");
    made.href = `/explain?name=${encodeURIComponent(value)}` +
      (hit.group ? `&group=${encodeURIComponent(hit.group)}` : "");
    made.textContent = value;
    cell.append(made);
  } else if (column === "service" && !hit.service) {
    cell.textContent = value;
  } else {
    cell.append(link(`${column}s`, value));
  }
  return cell;
}

function rowOf(hit) {
  const row = document.createElement("tr");
  const time = document.createElement("td");
  time.textContent = timeOf(hit.time);
  row.append(time);
  for (const column of columns) row.append(cellOf(hit, column));
  return row;
}

function draw() {
  drawing = false;
  if (paused || waiting.length === 0) return;
  const made = document.createDocumentFragment();
  for (const hit of waiting.reverse()) made.append(rowOf(hit));
  sinceSummary += waiting.length;
  waiting = [];
  rows.prepend(made);
  while (rows.rows.length > kept) rows.deleteRow(-1);
}

function take(hit) {
  waiting.push(hit);
  if (waiting.length > kept) {
    waiting.shift();
    lost += 1;
  }
  if (paused || drawing) return;
  drawing = true;
  setTimeout(draw, drawEvery);
}

function tell() {
  if (over) return;
  if (paused) {
    state.textContent = filled(words.paused, { n: waiting.length + lost });
  } else if (sinceSummary > 0) {
    state.textContent = filled(words.summary, { n: sinceSummary, seconds: summaryEvery / 1000 });
    sinceSummary = 0;
  } else if (rows.rows.length > 0) {
    state.textContent = filled(words.open, { n: rows.rows.length });
  }
}

function tellDropped() {
  if (dropped + lost === 0) return;
  droppedText.hidden = false;
  droppedText.textContent = filled(words.dropped, { n: dropped + lost });
}

function end(text) {
  over = true;
  draw();
  state.textContent = text;
  pauseButton.hidden = true;
}

pauseButton.hidden = false;
clearButton.hidden = false;
pauseButton.setAttribute("aria-pressed", "false");
pauseButton.addEventListener("click", () => {
  paused = !paused;
  pauseButton.textContent = paused ? words.continue : words.pause;
  pauseButton.setAttribute("aria-pressed", String(paused));
  if (!paused) {
    tellDropped();
    draw();
  }
  tell();
});
clearButton.addEventListener("click", () => {
  rows.replaceChildren();
  state.textContent = words.waiting;
});

state.textContent = words.waiting;
const source = new EventSource(words.stream);
source.addEventListener("message", (event) => {
  try {
    take(JSON.parse(event.data));
  } catch {
    dropped += 1;
    tellDropped();
  }
});
source.addEventListener("dropped", (event) => {
  dropped += Number(JSON.parse(event.data).dropped) || 0;
  tellDropped();
});
source.addEventListener("end", (event) => {
  source.close();
  const why = JSON.parse(event.data).error;
  end(why ? filled(words.lost, { why }) : words.ended);
});
source.addEventListener("error", () => {
  if (source.readyState === EventSource.CLOSED) end(filled(words.lost, { why: "" }));
});
setInterval(tell, summaryEvery);
