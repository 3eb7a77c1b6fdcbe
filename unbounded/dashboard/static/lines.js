// A line for each of many series: those that reach highest in colour and with their names, the others thin and grey
// behind them. A series is found by its name, or pointed at, and then kept in view.

import { timeChart } from "./charts.js";
import { color, element, setText } from "./elements.js";

const GREY_WIDTH = 0.8;
const POINTED_WIDTH = 2.2;
const NEAR_PX = 24;

const keptOf = new Map();
let listCount = 0;

// `colors`: one for each series that is named; `key`: whose series are kept in view when the chart is made anew.
export function manyLines({ key, colors, format, zone, hasTime, shownX }) {
  const kept = keptOf.get(key) ?? keptOf.set(key, new Set()).get(key);
  const slots = colors.map(() => null);
  const readout = element("li.readout", { role: "status" });
  const finder = seriesFinder((name) => (columns.has(name) ? keep(name) : false));
  let names = [];
  let points = [];
  let columns = new Map();
  let grey = [];
  let pointed = null;

  const chart = timeChart({
    series: colors.map((one) => ({ label: "", color: one })),
    format, zone, hasTime, fromZero: false, hasOwnLast: true,
    behind: { columns: () => grey, draw: (u) => drawGrey(u, points, grey) },
    before: (u) => { if (pointed !== null) drawLine(u, points, columns.get(pointed), color("text"), POINTED_WIDTH); },
    onCursor: (u) => point(nearest(u)),
  });
  const drops = slots.map((_, i) => element("button.drop", { type: "button", onclick: () => { kept.delete(slots[i]); arrange(); } }, "×"));
  drops.forEach((one, i) => chart.items[i].append(one));
  chart.legend.append(readout);
  chart.element.addEventListener("click", () => { if (pointed !== null) keep(pointed); });

  function keep(name) {
    kept.delete(name);
    kept.add(name);
    if (kept.size > slots.length) kept.delete(kept.values().next().value);
    arrange();
    return true;
  }

  function nearest(u) {
    const { idx, top } = u.cursor;
    if (idx === null || idx === undefined || top < 0) return null;
    let best = null;
    let least = NEAR_PX;
    for (const [name, column] of columns) {
      const value = column[idx];
      if (value === null || value === undefined) continue;
      const distance = Math.abs(u.valToPos(value, "y") - top);
      if (distance < least) { least = distance; best = name; }
    }
    return best;
  }

  function point(name) {
    const at = chart.index();
    setText(readout, name === null || at === null ? "" : `${name}: ${format(columns.get(name)[at])} at ${shownX(points[at])}`);
    if (name === pointed) return;
    pointed = name;
    chart.redraw();
  }

  function arrange() {
    const wanted = inView(names, columns, kept, slots.length);
    slots.forEach((name, i) => { if (!wanted.has(name)) slots[i] = null; });
    for (const name of wanted) if (!slots.includes(name)) slots[slots.indexOf(null)] = name;
    slots.forEach((name, i) => {
      chart.rename(i, name ?? "");
      drops[i].hidden = !kept.has(name);
      drops[i].setAttribute("aria-label", `Do not keep ${name} in view`);
    });
    grey = names.filter((name) => !wanted.has(name)).map((name) => columns.get(name));
    if (pointed !== null && !columns.has(pointed)) pointed = null;
    chart.set([points, ...slots.map((name) => columns.get(name) ?? points.map(() => null))]);
  }

  return {
    element: chart.element,
    legend: element("div", {}, finder.element, chart.legend),
    set(allNames, [xs, ...data]) {
      points = xs;
      names = allNames;
      columns = new Map(names.map((name, i) => [name, data[i]]));
      finder.set(names, slots.length);
      arrange();
    },
    close: chart.close,
  };
}

// Those that are kept, and of the others the highest.
function inView(names, columns, kept, count) {
  const present = [...kept].filter((name) => columns.has(name));
  const peaks = new Map(names.map((name) => [name, columns.get(name).reduce((most, value) => (value !== null && value > most ? value : most), -Infinity)]));
  const others = names.filter((name) => !kept.has(name)).sort((a, b) => peaks.get(b) - peaks.get(a));
  return new Set([...present, ...others].slice(0, count));
}

// `take` says whether there is a series of this name.
function seriesFinder(take) {
  listCount += 1;
  const list = element("datalist", { id: `series-${listCount}` });
  const input = element("input", { type: "search", list: list.id, "aria-label": "Find a series and keep it in view", autocomplete: "off", spellcheck: "false" });
  const said = element("span", { role: "status" });
  const note = element("span");
  const form = element("form.finder", { onsubmit: find }, note, input, list, said);
  let listed = "";

  function find(event) {
    event.preventDefault();
    const name = input.value.trim();
    if (!name) return;
    const isThere = take(name);
    setText(said, isThere ? `${name} is kept in view` : `There is no series ${name}`);
    if (isThere) input.value = "";
  }

  return {
    element: form,
    set(names, count) {
      setText(note, `${count} of ${names.length} series are named: the highest`);
      input.placeholder = "Find a series";
      const text = names.join("\n");
      if (text === listed) return;
      listed = text;
      list.replaceChildren(...names.map((name) => element("option", { value: name })));
    },
  };
}

// All in one stroke: many lines cost little more than one.
function drawGrey(u, points, columns) {
  const pen = u.ctx;
  pen.save();
  clip(u);
  pen.beginPath();
  columns.forEach((column) => trace(u, points, column));
  pen.strokeStyle = color("grey-line");
  pen.lineWidth = GREY_WIDTH * devicePixelRatio;
  pen.stroke();
  pen.restore();
}

function drawLine(u, points, column, ink, width) {
  const pen = u.ctx;
  pen.save();
  clip(u);
  pen.beginPath();
  trace(u, points, column);
  pen.strokeStyle = ink;
  pen.lineWidth = width * devicePixelRatio;
  pen.stroke();
  pen.restore();
}

function clip(u) {
  u.ctx.beginPath();
  u.ctx.rect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height);
  u.ctx.clip();
}

function trace(u, points, column) {
  let isPenDown = false;
  points.forEach((x, i) => {
    const value = column[i];
    if (value === null || value === undefined) return;
    const [left, top] = [u.valToPos(x, "x", true), u.valToPos(value, "y", true)];
    if (isPenDown) u.ctx.lineTo(left, top);
    else u.ctx.moveTo(left, top);
    isPenDown = true;
  });
}
