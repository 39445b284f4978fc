// SPDX-License-Identifier: Apache-2.0
// The body of a function that a test runs in a page: sentences about what people with a keyboard, a screen reader, a
// narrow screen or weak eyes would stumble over (WCAG 2.2: 1.1.1, 1.3.1, 1.4.3, 1.4.10, 2.4.1, 2.4.2, 3.1.1, 4.1.2).
const faults = [];
const where = (element) => `${element.tagName.toLowerCase()}${element.id ? "#" + element.id : ""}${element.className && element.className.baseVal === undefined ? "." + element.className : ""} ${(element.textContent || "").trim().slice(0, 40)}`;
const isShown = (element) => element.checkVisibility ? element.checkVisibility({ visibilityProperty: true }) && element.getClientRects().length > 0 : element.getClientRects().length > 0;

if (!document.documentElement.lang) faults.push("the page names no language");
if (!document.title.trim()) faults.push("the page has no title");
if (document.querySelectorAll("h1").length !== 1) faults.push(`${document.querySelectorAll("h1").length} headings of the first level`);
for (const [selector, name] of [["main", "main"], ["nav", "navigation"], ["header", "header"], ["footer", "footer"]])
  if (!document.querySelector(selector)) faults.push(`no ${name}`);

let level = 0;
for (const heading of document.querySelectorAll("h1, h2, h3, h4, h5, h6")) {
  const next = Number(heading.tagName[1]);
  if (next > level + 1) faults.push(`heading of level ${next} after ${level}: ${where(heading)}`);
  level = next;
}

const ids = new Map();
for (const element of document.querySelectorAll("[id]")) ids.set(element.id, (ids.get(element.id) || 0) + 1);
for (const [id, count] of ids) if (count > 1) faults.push(`id "${id}" stands ${count} times`);
for (const element of document.querySelectorAll("[aria-labelledby], [aria-describedby], [aria-details]"))
  for (const name of ["aria-labelledby", "aria-describedby", "aria-details"])
    for (const id of (element.getAttribute(name) || "").split(/\s+/).filter(Boolean))
      if (!ids.has(id)) faults.push(`${name} of ${where(element)} names no element: ${id}`);
for (const link of document.querySelectorAll('a[href^="#"]'))
  if (link.getAttribute("href").length > 1 && !ids.has(decodeURIComponent(link.getAttribute("href").slice(1)))) faults.push(`a link leads nowhere: ${where(link)}`);

for (const image of document.querySelectorAll("img:not([alt])")) faults.push(`image without a text: ${where(image)}`);
for (const svg of document.querySelectorAll("svg"))
  if (svg.getAttribute("aria-hidden") !== "true" && !(svg.getAttribute("role") === "img" && (svg.querySelector(":scope > title") || svg.hasAttribute("aria-label"))))
    faults.push(`chart without a title: ${where(svg)}`);
for (const table of document.querySelectorAll("table")) {
  if (!table.querySelector("th")) faults.push(`table without header cells: ${where(table)}`);
  if (table.tHead && !table.caption) faults.push(`table without a caption: ${where(table)}`);
  for (const cell of table.querySelectorAll("thead th")) if (!cell.textContent.trim()) faults.push(`empty header cell: ${where(table)}`);
}

if (document.scrollingElement.scrollWidth > document.documentElement.clientWidth)
  faults.push(`the page is ${document.scrollingElement.scrollWidth} wide on a screen of ${document.documentElement.clientWidth}: ${[...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1 && !e.closest(".scroll, pre, svg, details:not([open])")).slice(0, 3).map(where).join("; ")}`);

const colour = (text) => { const m = text.match(/rgba?\(([\d.]+),? ([\d.]+),? ([\d.]+)(?:,? \/? ?([\d.]+))?\)/); return m ? [Number(m[1]), Number(m[2]), Number(m[3]), m[4] === undefined ? 1 : Number(m[4])] : null; };
const luminance = ([r, g, b]) => { const part = (v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }; return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b); };
const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
const pageColour = () => colour(getComputedStyle(document.documentElement).backgroundColor);
function backgroundOf(element) {
  const layers = [];
  for (let e = element; e; e = e.parentElement) {
    const c = colour(getComputedStyle(e).backgroundColor);
    if (c && c[3] > 0) { layers.push(c); if (c[3] === 1) break; }
  }
  let result = layers.length && layers.at(-1)[3] === 1 ? layers.pop() : (matchMedia("(prefers-color-scheme: dark)").matches ? [18, 18, 18, 1] : [255, 255, 255, 1]);
  while (layers.length) result = over(layers.pop(), result);
  return result;
}
const seen = new Set();
if (!matchMedia("(forced-colors: active)").matches) {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !element || element.closest("svg, script, style, option") || !isShown(element)) continue;
    const style = getComputedStyle(element);
    const text = colour(style.color), below = backgroundOf(element);
    if (!text || !below) continue;
    const [a, b] = [luminance(over(text, below)), luminance(below)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const key = `${style.color} on ${below.map(Math.round).join(",")}`;
    if (ratio < (large ? 3 : 4.5) - 0.005 && !seen.has(key)) { seen.add(key); faults.push(`contrast ${ratio.toFixed(2)} (${key}): ${where(element)}`); }
  }
}
return faults;
