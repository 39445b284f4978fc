// SPDX-License-Identifier: Apache-2.0
//
// What a page has beyond its HTML: a cursor over charts, a range selected with the pointer, and refreshing with a pause.
// Everything here is also had without it: the table of each chart, the form for the range, the browser's own reload.
// Text is set as text, and no HTML is made from texts.

const svgNames = "http://www.w3.org/2000/svg";

function svgElement(name, classes) {
  const element = document.createElementNS(svgNames, name);
  element.setAttribute("class", classes);
  return element;
}

/** A chart of columns: its numbers come from the rows of its table. */
class TimedChart {
  constructor(place) {
    this.svg = place.querySelector("svg");
    this.region = place.querySelector(".scroll");
    const caption = document.getElementById(place.dataset.table);
    const table = caption && caption.closest("table");
    if (!this.svg || !this.region || !table) return;
    this.rows = [...table.tBodies[0].rows];
    this.heads = [...table.tHead.rows[0].cells].map((cell) => cell.textContent);
    this.from = Number(place.dataset.from);
    this.each = Number(place.dataset.each);
    this.left = Number(place.dataset.left);
    this.width = Number(place.dataset.width);
    this.at = -1;
    this.reading = document.createElement("p");
    this.reading.className = "reading";
    this.reading.setAttribute("aria-live", "polite");
    this.reading.textContent = place.dataset.help;
    place.append(this.reading);
    this.line = svgElement("line", "cursor");
    this.box = svgElement("rect", "selected");
    this.region.addEventListener("keydown", (event) => this.onKey(event));
    this.svg.addEventListener("pointermove", (event) => this.onMove(event));
    this.svg.addEventListener("pointerdown", (event) => this.onDown(event));
    this.svg.addEventListener("pointerup", (event) => this.onUp(event));
    this.svg.addEventListener("pointercancel", () => this.drop());
  }

  onKey(event) {
    const last = this.rows.length - 1;
    const next = { ArrowRight: this.at + 1, ArrowLeft: this.at - 1, Home: 0, End: last }[event.key];
    if (next === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    this.show(Math.min(Math.max(next, 0), last));
  }

  /** The number of the column under a pointer. */
  columnOf(event) {
    const drawn = this.svg.getBoundingClientRect();
    const x = ((event.clientX - drawn.left) / drawn.width) * this.svg.viewBox.baseVal.width;
    const column = Math.floor(((x - this.left) / this.width) * this.rows.length);
    return Math.min(Math.max(column, 0), this.rows.length - 1);
  }

  edge(column) {
    return this.left + (column / this.rows.length) * this.width;
  }

  show(column) {
    if (column === this.at) return;
    this.at = column;
    const cells = [...this.rows[column].cells].map((cell, i) => (i === 0 ? cell.textContent : `${this.heads[i]} ${cell.textContent}`));
    this.reading.textContent = cells.join(" · ");
    const x = String((this.edge(column) + this.edge(column + 1)) / 2);
    for (const [name, value] of [["x1", x], ["x2", x], ["y1", "0"], ["y2", String(this.svg.viewBox.baseVal.height)]]) this.line.setAttribute(name, value);
    this.svg.append(this.line);
  }

  onMove(event) {
    const column = this.columnOf(event);
    this.show(column);
    if (this.start === undefined) return;
    const [first, last] = [Math.min(this.start, column), Math.max(this.start, column)];
    for (const [name, value] of [["x", this.edge(first)], ["width", this.edge(last + 1) - this.edge(first)], ["y", 0], ["height", this.svg.viewBox.baseVal.height]]) this.box.setAttribute(name, String(value));
    this.svg.append(this.box);
  }

  onDown(event) {
    if (event.button !== 0 || event.pointerType === "touch") return;
    this.start = this.columnOf(event);
    this.svg.setPointerCapture(event.pointerId);
    event.preventDefault();
  }

  onUp(event) {
    if (this.start === undefined) return;
    const [first, last] = [this.start, this.columnOf(event)].sort((a, b) => a - b);
    this.drop();
    if (first === last) return;
    const time = (column) => new Date((this.from + column * this.each) * 1000).toISOString().replace(".000", "");
    const address = new URL(location.href);
    for (const name of ["range", "since"]) address.searchParams.delete(name);
    address.searchParams.set("from", time(first));
    address.searchParams.set("to", time(last + 1));
    location.assign(address.href);
  }

  drop() {
    this.start = undefined;
    this.box.remove();
  }
}

function enliven(main) {
  for (const place of main.querySelectorAll(".timed")) new TimedChart(place);
}

/** A link to a table that is folded away opens it. */
function openTarget() {
  const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
  const folded = target && target.closest("details");
  if (folded) folded.open = true;
}

/** The page as it is now, from the server; null: it is another one, or cannot be had. */
function fetchPage() {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("GET", location.href);
    request.responseType = "document";
    request.onload = () => resolve(request.status === 200 ? request.response : null);
    request.onerror = () => resolve(null);
    request.send();
  });
}

/** Reading, typing and selecting are not disturbed. */
function isBusy(main) {
  const selection = document.getSelection();
  return document.hidden || (main.contains(document.activeElement) && document.activeElement !== main) || (selection && !selection.isCollapsed) || main.querySelector(".selected");
}

async function refreshOnce(main) {
  const page = await fetchPage();
  const fresh = page && page.getElementById("main");
  if (!fresh || isBusy(main)) return;
  const open = new Set([...main.querySelectorAll("details[open][id]")].map((details) => details.id));
  for (const section of main.querySelectorAll(":scope > section")) {
    const next = fresh.querySelector(`:scope > section[id="${CSS.escape(section.id)}"]`);
    if (!next) continue;
    for (const details of next.querySelectorAll("details[id]")) details.open = open.has(details.id);
    section.replaceWith(document.adoptNode(next));
  }
  enliven(main);
}

function addRefresh(main) {
  const seconds = Number(main.dataset.refresh);
  const range = main.querySelector(".range");
  if (!seconds || !range) return;
  let paused = sessionStorage.getItem("refresh") === "paused";
  const line = document.createElement("p");
  line.className = "refresh";
  const text = document.createElement("span");
  const button = document.createElement("button");
  button.type = "button";
  const show = () => {
    text.textContent = paused ? main.dataset.paused : main.dataset.every;
    button.textContent = paused ? main.dataset.goOn : main.dataset.pause;
  };
  button.addEventListener("click", () => {
    paused = !paused;
    sessionStorage.setItem("refresh", paused ? "paused" : "");
    show();
  });
  show();
  line.append(text, button);
  range.append(line);
  setInterval(() => {
    if (!paused && !isBusy(main)) refreshOnce(main);
  }, seconds * 1000);
}

const main = document.getElementById("main");
enliven(main);
openTarget();
addEventListener("hashchange", openTarget);
addRefresh(main);
