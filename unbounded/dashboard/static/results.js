// Results of queries that write to the dashboard: one card each, drawn by the sink's options.

import { heatMap } from "./heat.js";
import { timeChart, isNonNegative } from "./charts.js";
import { listen } from "./connection.js";
import { manyLines } from "./lines.js";
import { element, setText, spark } from "./elements.js";
import { clockTime, compact, dateTime, plain } from "./units.js";

const COLORS = ["c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8"];
const TABLE_ROWS_MAX = 200;
const TABLE_INTERVAL_MS = 400;
const SPARK_POINTS = 90;
const OTHERS = "all others";
const BY_NAME = new Intl.Collator("en", { numeric: true }).compare;

// A card that follows one query until it is closed.
export function resultCard(query, { isOnly = false } = {}) {
  const name = query.name ?? query.id;
  const title = element("a", { href: `#/results/${encodeURIComponent(name)}` }, name);
  const toggle = element("button", { type: "button", "aria-pressed": "false" }, "Table");
  const tools = element("span.tools", {}, toggle);
  const legendPlace = element("div");
  const body = element("div.plot");
  const foot = element("p.foot", { "aria-live": "off" }, "Waiting for the first rows…");
  const card = element("article.card.chart", { "data-query": name }, element("header", {}, element("h2", {}, title), tools), legendPlace, body, foot);
  let drawing = null;
  let kind = "";
  let frame = null;
  let isTable = false;

  function draw() {
    if (!frame) return;
    if (frame.error) { setText(foot, frame.error); return; }
    setText(title, frame.title);
    toggle.hidden = frame.chart === "table";
    const wanted = isTable ? "table" : shape(frame);
    if (wanted !== kind) {
      drawing?.close?.();
      kind = wanted;
      drawing = (DRAWINGS[frame.chart === "table" || isTable ? "table" : frame.chart] ?? rowsTable)(frame);
      body.replaceChildren(drawing.element);
      legendPlace.replaceChildren(...(drawing.legend ? [drawing.legend] : []));
    }
    drawing.set(frame);
    setText(foot, footText(frame));
  }

  toggle.addEventListener("click", () => {
    isTable = !isTable;
    toggle.setAttribute("aria-pressed", String(isTable));
    draw();
  });
  const socket = listen(`/ws/${encodeURIComponent(name)}`, (next) => { frame = next; draw(); });
  if (isOnly) card.classList.add("only");
  return {
    element: card,
    update() {},
    restyle() { kind = ""; draw(); },
    close() { socket.close(); drawing?.close?.(); },
  };
}

function footText(frame) {
  const shown = frame.rows === frame.rowsHeld ? `${plain(frame.rows)} ${frame.rows === 1 ? "row" : "rows"}` : `${plain(frame.rows)} of ${plain(frame.rowsHeld)} rows`;
  return `${shown} · ${frame.mode} mode · updated ${clockTime(Date.now())}`;
}

// What a drawing was made for: another shape needs another one.
function shape(frame) {
  const hasSeries = frame.chart === "line" || frame.chart === "bar";
  const series = hasMany(frame) ? "many" : hasSeries ? seriesNames(frame).join("\n") : "";
  return [frame.chart, frame.x, frame.y.join(","), frame.columns.map((column) => column.name).join(","), series].join("|");
}

function columnOf(frame, name) {
  return frame.data[frame.columns.findIndex((column) => column.name === name)];
}

function kindOf(frame, name) {
  return frame.columns.find((column) => column.name === name)?.kind;
}

function allSeries(frame) {
  return frame.series ? [...new Set(columnOf(frame, frame.series).map(shownText))].sort(BY_NAME) : frame.y;
}

function hasMany(frame) {
  return frame.chart === "line" && allSeries(frame).length > COLORS.length;
}

// Of bars those that are too many are one.
function seriesNames(frame) {
  const names = allSeries(frame);
  return names.length > COLORS.length ? [...names.slice(0, COLORS.length - 1), OTHERS] : names;
}

function isTime(kind) {
  return kind === "time" || kind === "time_ntz" || kind === "date";
}

function zoneOf(frame, kind) {
  return kind === "time" ? frame.timeZone : "UTC";
}

// One column of values per series over the distinct x, as uPlot wants them. Of the series that are too many, the sum.
function pivot(frame, names) {
  const kind = kindOf(frame, frame.x);
  const raw = columnOf(frame, frame.x);
  const xs = kind === "date" ? raw.map((text) => Date.parse(`${text}T00:00:00Z`)) : raw;
  const points = [...new Set(xs)].sort((a, b) => a - b);
  const places = new Map(points.map((x, i) => [x, i]));
  const columns = names.map(() => new Array(points.length).fill(null));
  if (!frame.series) {
    frame.y.forEach((name, s) => columnOf(frame, name).forEach((value, row) => { columns[s][places.get(xs[row])] = value; }));
    return [points, ...columns];
  }
  const last = names.length - 1;
  const numbers = new Map(names.map((name, i) => [name, i]));
  const owners = columnOf(frame, frame.series);
  columnOf(frame, frame.y[0]).forEach((value, row) => {
    const at = places.get(xs[row]);
    const s = numbers.get(shownText(owners[row])) ?? last;
    if (s === last && names[last] === OTHERS && value !== null) columns[s][at] = (columns[s][at] ?? 0) + value;
    else columns[s][at] = value;
  });
  return [points, ...columns];
}

function xyChart(frame) {
  const kind = kindOf(frame, frame.x);
  if (frame.chart === "bar" && !(isTime(kind) || kind === "number")) return barList(frame);
  if (!isTime(kind) && kind !== "number") return rowsTable(frame);
  if (hasMany(frame)) return seriesLines(frame, kind);
  const names = seriesNames(frame);
  const data = pivot(frame, names);
  const bars = frame.chart === "bar" && isNonNegative(data.slice(1));
  const chart = timeChart({
    series: names.map((label, i) => ({ label, color: COLORS[i % COLORS.length] })),
    format: compact,
    zone: isTime(kind) ? zoneOf(frame, kind) : null,
    kind: bars ? "bars" : "line",
    hasTime: isTime(kind),
    fromZero: bars,
    hasOwnLast: Boolean(frame.series),
    shownX: (x) => shownPoint(x, kind, frame),
  });
  return { ...chart, set: (next) => chart.set(pivot(next, names)) };
}

function shownPoint(x, kind, frame) {
  if (!isTime(kind)) return plain(x);
  return kind === "date" ? dateTime(x, "UTC").slice(0, 10) : clockTime(x, zoneOf(frame, kind));
}

function seriesLines(first, kind) {
  const zone = isTime(kind) ? zoneOf(first, kind) : null;
  const shownX = (x) => shownPoint(x, kind, first);
  const lines = manyLines({ key: first.query, colors: COLORS, format: compact, zone, hasTime: isTime(kind), shownX });
  return {
    ...lines,
    set(frame) {
      const names = allSeries(frame);
      lines.set(names, pivot(frame, names));
    },
  };
}

function barList(first) {
  const list = element("div.bars", { role: "list" });
  const legend = element("ul.legend");
  const hasSeries = Boolean(first.series);
  if (!hasSeries && first.y.length > 1) first.y.forEach((name, i) => legend.append(legendItem(name, COLORS[i % COLORS.length])));
  return {
    element: list,
    legend: legend.children.length ? legend : null,
    set(frame) {
      const names = columnOf(frame, frame.x);
      const owners = hasSeries ? columnOf(frame, frame.series) : null;
      const colors = new Map(hasSeries ? seriesNames(frame).map((name, i) => [name, COLORS[i % COLORS.length]]) : []);
      const places = [...names.keys()];
      if (!frame.ordered) places.sort((a, b) => BY_NAME(shownText(names[a]), shownText(names[b])));
      const lines = places.flatMap((row) => [names[row]].flatMap((name) => frame.y.map((y, i) => ({
        label: i ? "" : hasSeries ? `${shownText(name)} · ${shownText(owners[row])}` : shownText(name),
        value: columnOf(frame, y)[row],
        color: hasSeries ? colors.get(shownText(owners[row])) ?? COLORS.at(-1) : COLORS[i % COLORS.length],
      }))));
      const most = Math.max(...lines.map((one) => Math.abs(one.value ?? 0)), 0) || 1;
      while (list.children.length > lines.length * 3) list.lastChild.remove();
      lines.forEach((one, i) => {
        if (list.children.length <= i * 3) list.append(element("span.name"), element("div", {}, element("div.bar-line")), element("span.value"));
        const [label, track, value] = [list.children[i * 3], list.children[i * 3 + 1], list.children[i * 3 + 2]];
        setText(label, one.label);
        label.title = one.label;
        track.firstChild.style.width = `${(Math.abs(one.value ?? 0) / most) * 100}%`;
        track.firstChild.style.background = `var(--${one.color})`;
        setText(value, plain(one.value));
      });
    },
  };
}

function legendItem(name, color) {
  return element("li", {}, element("i", { style: `background: var(--${color})` }), name);
}

function statTiles(first) {
  const tiles = first.y.map((name) => {
    const value = element("div.value");
    const line = spark();
    return { name, value, line, seen: [], element: element("div", {}, element("div.name", {}, name), value, line.element) };
  });
  return {
    element: element("div.stats", {}, ...tiles.map((tile) => tile.element)),
    set(frame) {
      for (const tile of tiles) {
        const value = columnOf(frame, tile.name).at(-1) ?? null;
        setText(tile.value, compact(value));
        tile.value.title = plain(value);
        tile.seen = [...tile.seen, value].slice(-SPARK_POINTS);
        tile.line.set(tile.seen, false);
      }
    },
  };
}

function shownText(value) {
  return value === null ? "NULL" : String(value);
}

function cellText(value, kind, frame) {
  if (value === null) return "NULL";
  if (kind === "time" || kind === "time_ntz") return dateTime(value, zoneOf(frame, kind));
  return kind === "number" ? plain(value) : String(value);
}

// Newest rows first; a complete result in the order of its query. Not drawn more often than one can read.
function rowsTable(first) {
  const head = element("tr", {}, ...first.columns.map((column) => element(column.kind === "number" ? "th.number" : "th", { scope: "col" }, column.name)));
  const rows = element("tbody");
  let drawn = 0;
  let timer = 0;
  let latest = first;

  function draw() {
    timer = 0;
    drawn = Date.now();
    const frame = latest;
    const order = [...Array(frame.rows).keys()];
    if (frame.mode !== "complete") order.reverse();
    const shown = order.slice(0, TABLE_ROWS_MAX);
    while (rows.children.length > shown.length) rows.lastChild.remove();
    while (rows.children.length < shown.length) rows.append(element("tr", {}, ...first.columns.map((column) => element(column.kind === "number" ? "td.number" : "td"))));
    shown.forEach((row, i) => frame.columns.forEach((column, c) => setText(rows.children[i].children[c], cellText(frame.data[c][row], column.kind, frame))));
  }

  return {
    element: element("div.rows", { tabindex: 0, role: "region", "aria-label": "Rows" }, element("table", {}, element("thead", {}, head), rows)),
    set(frame) {
      latest = frame;
      const passed = Date.now() - drawn;
      if (passed >= TABLE_INTERVAL_MS) draw();
      else timer ||= setTimeout(draw, TABLE_INTERVAL_MS - passed);
    },
    close() { clearTimeout(timer); },
  };
}

function heat(first) {
  const kind = kindOf(first, first.x);
  const shownX = (x) => (isTime(kind) && kind !== "date" ? clockTime(x, zoneOf(first, kind)) : shownText(x));
  const map = heatMap(shownX);
  return {
    ...map,
    set(frame) {
      map.set(columnOf(frame, frame.x).map((x) => x ?? "NULL"), columnOf(frame, frame.series).map(shownText), columnOf(frame, frame.y[0]));
    },
  };
}

const DRAWINGS = { line: xyChart, bar: xyChart, stat: statTiles, heat, table: rowsTable };
