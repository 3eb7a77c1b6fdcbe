// A heat map on a canvas: a row per series, a column per x, the colour says the value.

import { color, element, setText } from "./elements.js";
import { compact, plain } from "./units.js";

const LABEL_WIDTH_MAX = 130;
const FOOT = 20;

export function heatMap(shownX) {
  const canvas = element("canvas.heat", { role: "img" });
  const low = element("span");
  const high = element("span");
  const readout = element("li");
  const legend = element("ul.legend", {}, element("li", {}, low, element("span.ramp"), high), readout);
  let cells = null;
  let place = null;

  function draw() {
    const width = canvas.clientWidth;
    const height = canvas.clientHeight;
    if (!cells || !width || !height) return;
    const scale = window.devicePixelRatio || 1;
    canvas.width = width * scale;
    canvas.height = height * scale;
    const pen = canvas.getContext("2d");
    pen.scale(scale, scale);
    pen.font = "12px system-ui, sans-serif";
    const { xs, rows, values, least, most } = cells;
    const left = Math.min(LABEL_WIDTH_MAX, Math.max(...rows.map((row) => pen.measureText(row).width))) + 10;
    const cellWidth = (width - left) / xs.length;
    const cellHeight = (height - FOOT) / rows.length;
    place = { left, cellWidth, cellHeight };
    const [from, to] = [rgb(color("heat-low")), rgb(color("heat-high"))];
    rows.forEach((row, r) => {
      xs.forEach((x, c) => {
        const value = values.get(`${r} ${c}`);
        if (value === undefined || value === null) return;
        pen.fillStyle = mix(from, to, most > least ? (value - least) / (most - least) : 0.5);
        pen.fillRect(left + c * cellWidth, r * cellHeight, Math.max(cellWidth - 1, 1), Math.max(cellHeight - 1, 1));
      });
    });
    drawLabels(pen, { xs, rows, left, cellWidth, cellHeight, width, height, shownX });
  }

  canvas.addEventListener("mousemove", (event) => {
    if (!cells || !place) return;
    const c = Math.floor((event.offsetX - place.left) / place.cellWidth);
    const r = Math.floor(event.offsetY / place.cellHeight);
    const value = cells.values.get(`${r} ${c}`);
    setText(readout, value === undefined ? "" : `${cells.rows[r]}, ${shownX(cells.xs[c])}: ${plain(value)}`);
  });
  canvas.addEventListener("mouseleave", () => setText(readout, ""));
  const observer = new ResizeObserver(draw);
  observer.observe(canvas);

  return {
    element: canvas,
    legend,
    set(x, series, value) {
      cells = arrange(x, series, value);
      setText(low, compact(cells.least));
      setText(high, compact(cells.most));
      canvas.setAttribute("aria-label", `Heat map of ${cells.rows.length} rows, values from ${plain(cells.least)} to ${plain(cells.most)}`);
      draw();
    },
    close() { observer.disconnect(); },
  };
}

function arrange(x, series, value) {
  const byName = new Intl.Collator("en", { numeric: true }).compare;
  const xs = [...new Set(x)].sort(typeof x[0] === "number" ? (a, b) => a - b : byName);
  const rows = [...new Set(series)].sort(byName);
  const columnOf = new Map(xs.map((one, i) => [one, i]));
  const rowOf = new Map(rows.map((one, i) => [one, i]));
  const values = new Map();
  value.forEach((one, i) => values.set(`${rowOf.get(series[i])} ${columnOf.get(x[i])}`, one));
  const known = value.filter((one) => one !== null);
  return { xs, rows, values, least: known.length ? Math.min(...known) : null, most: known.length ? Math.max(...known) : null };
}

function drawLabels(pen, { xs, rows, left, cellWidth, cellHeight, width, height, shownX }) {
  pen.fillStyle = color("soft");
  pen.textBaseline = "middle";
  const step = Math.ceil(14 / cellHeight);
  const [top, bottom] = [6, cellHeight * rows.length - 6];
  rows.forEach((row, r) => { if (r % step === 0) pen.fillText(row, 0, Math.min(Math.max((r + 0.5) * cellHeight, top), Math.max(bottom, top)), left - 8); });
  pen.fillStyle = color("faint");
  pen.textBaseline = "alphabetic";
  const wide = 74;
  let free = left;
  xs.forEach((x, c) => {
    const at = left + c * cellWidth;
    if (at >= free && at + wide <= width + 8) { pen.fillText(shownX(x), at, height - 4, wide); free = at + wide + 16; }
  });
}

function rgb(hex) {
  return [1, 3, 5].map((i) => Number.parseInt(hex.slice(i, i + 2), 16));
}

function mix(from, to, share) {
  return `rgb(${from.map((part, i) => Math.round(part + (to[i] - part) * share)).join(" ")})`;
}
