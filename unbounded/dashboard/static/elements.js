// Elements of the page without a framework: made once, then only their texts change.

export function element(name, properties = {}, ...children) {
  const [tag, ...classes] = name.split(".");
  const made = document.createElement(tag || "div");
  if (classes.length) made.className = classes.join(" ");
  for (const [key, value] of Object.entries(properties)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

export function setClass(target, name) {
  if (target.className !== name) target.className = name;
}

// Keeps one child of `parent` per item, in the order of the items.
export function keepChildren(parent, items, keyOf, make) {
  const known = (parent.kept ??= new Map());
  const wanted = new Set(items.map(keyOf));
  for (const [key, row] of known) {
    if (!wanted.has(key)) { row.element.remove(); row.close?.(); known.delete(key); }
  }
  items.forEach((item, i) => {
    const key = keyOf(item);
    if (!known.has(key)) known.set(key, make(item));
    const row = known.get(key);
    if (parent.children[i] !== row.element) parent.insertBefore(row.element, parent.children[i] ?? null);
    row.update(item);
  });
}

const SVG = "http://www.w3.org/2000/svg";

// A small line without axes; `values` may have gaps.
export function spark() {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "spark");
  svg.setAttribute("viewBox", "0 0 100 24");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  svg.append(path);
  return { element: svg, set: (values, fromZero = true) => path.setAttribute("d", sparkPath(values, fromZero)) };
}

function sparkPath(values, fromZero) {
  const known = values.filter((value) => value !== null);
  if (known.length < 2) return "";
  const low = fromZero ? Math.min(0, ...known) : Math.min(...known);
  const span = Math.max(...known) - low || 1;
  let isPenDown = false;
  return values.map((value, i) => {
    if (value === null) return "";
    const step = `${isPenDown ? "L" : "M"}${((i / (values.length - 1)) * 100).toFixed(2)} ${(23 - ((value - low) / span) * 22).toFixed(2)}`;
    isPenDown = true;
    return step;
  }).join("");
}

export function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}
