// SPDX-License-Identifier: Apache-2.0
// The body of a function that a test runs in a page: unfolds all of it, and notes from then on what the focus comes to.
// Gives the page the function `walked`, which says what the focus must come to and has not, what it came to without being
// seen, and what it came to in another order than that of the page (WCAG 2.2: 2.1.1, 2.4.1, 2.4.3, 2.4.7).
const acting = "a[href], area[href], button, input:not([type=hidden]), select, textarea, summary, iframe, " +
  "[contenteditable], [tabindex]:not([tabindex^='-'])";
const where = (element) => element.outerHTML.slice(0, 120);
const isShown = (element) => element.checkVisibility({ visibilityProperty: true }) && element.getClientRects().length > 0;
const isOutlined = (style) => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1;
const lookOf = (style) => [style.outlineStyle, style.outlineWidth, style.outlineColor, style.boxShadow].join(" ");

for (const folded of document.querySelectorAll("details")) folded.open = true;
const wanted = [...document.querySelectorAll(acting)].filter((element) => isShown(element) && !element.disabled);
const looks = new Map(wanted.map((element) => [element, lookOf(getComputedStyle(element))]));
const met = new Set();
const unseen = [];

document.addEventListener("focusin", (event) => {
  const element = event.target, style = getComputedStyle(element), box = element.getBoundingClientRect();
  const isMarked = (isOutlined(style) || style.boxShadow !== "none") && lookOf(style) !== looks.get(element);
  const isOnPage = box.width > 0 && box.height > 0 && (box.right > 0 || element.closest(".scroll"));
  if (!isMarked || !isOnPage) unseen.push(where(element));
  met.add(element);
});

window.walked = () => {
  const reached = [...met].filter((element) => looks.has(element));
  const inOrder = wanted.filter((element) => met.has(element));
  return { missed: wanted.filter((element) => !met.has(element)).map(where), unseen,
    disordered: reached.filter((element, i) => element !== inOrder[i]).map(where),
    first: reached.length ? reached[0].getAttribute("href") : null };
};
