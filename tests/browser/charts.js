// SPDX-License-Identifier: Apache-2.0
// The body of a function that a test runs in a page: what its charts (resolver/charts/svg.cc) draw, and the texts of its
// tables. Lengths are in hundredths, as resolver/charts counts them; `at` is the place in the page.
const order = [...document.querySelectorAll("svg, table")];
const tones = ["block", "restrict", "advise", "observe", "exception", "allow", "accent", "gap"];
const length = (element, name) => Math.round(Number(element.getAttribute(name)) * 100);
const parts = (svg, kind) => [...svg.querySelectorAll(`:scope > ${kind}`)];
const whole = (text) => (text.querySelector("title") || text).textContent;  // of a text that was cut

function lookOf(box) {
  const name = box.getAttribute("class");
  if (name) return name.replace(/^t-/, "");
  const pattern = /-p(\d)\)$/.exec(box.getAttribute("fill"));
  return pattern ? tones[Number(pattern[1])] : "";
}

const boxOf = (box) => ({ look: lookOf(box), x: length(box, "x"), y: length(box, "y"), width: length(box, "width"), height: length(box, "height") });

function textOf(text) {
  const rising = /^translate\((\S+) (\S+)\)/.exec(text.getAttribute("transform") || "");
  const place = rising ? { x: Math.round(Number(rising[1]) * 100), y: Math.round(Number(rising[2]) * 100), anchor: "rising" }
    : { x: length(text, "x"), y: length(text, "y"), anchor: text.getAttribute("text-anchor") || "start" };
  return { ...place, text: whole(text) };
}

function pointsOf(svg) {
  const lines = parts(svg, "polyline").flatMap((line) => line.getAttribute("points").split(" "));
  return lines.map((point) => point.split(",").map((part) => Math.round(Number(part) * 100)))
    .concat(parts(svg, "circle").map((dot) => [length(dot, "cx"), length(dot, "cy")]));
}

/** The table from which the cursor of a chart over time reads (assets/page.mjs); null: the chart has no cursor. */
function readBy(svg) {
  const place = svg.closest(".timed");
  return place && order.indexOf(document.getElementById(place.dataset.table).closest("table"));
}

const charts = order.filter((element) => element.tagName === "svg").map((svg) => ({
  at: order.indexOf(svg), id: (svg.getAttribute("aria-labelledby") || "").split("-t ")[0], read: readBy(svg),
  height: Math.round(svg.viewBox.baseVal.height * 100),
  boxes: parts(svg, "rect").map(boxOf), texts: parts(svg, "text").map(textOf), points: pointsOf(svg),
}));
// The link to the table as a file has its id.
const tables = [...document.querySelectorAll(".sheet")].map((sheet) => {
  const table = sheet.querySelector("table");
  const texts = (row) => [...row.cells].map((cell) => cell.textContent);
  return { at: order.indexOf(table), id: new URL(sheet.querySelector(".tools a").href).searchParams.get("csv"),
    heads: texts(table.tHead.rows[0]), rows: [...table.tBodies[0].rows].map(texts) };
});
return { charts, tables };
