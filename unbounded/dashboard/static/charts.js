// Charts over time with uPlot: lines, stacked areas, stacked bars. One look for all of them.

import { color, element, setText } from "./elements.js";

// `series`: [{ label, color }]; `format` makes the text of a value. `behind`: { columns(), draw(uPlot) } of lines that are
// no series; `before(uPlot)` draws over all. `hasOwnLast`: the legend shows the last value of each, not those of one x.
// `steps`: between the lines of the axis; `shownX` makes the text of the x whose values the legend shows.
export function timeChart({ series, format, zone = null, kind = "line", hasTime = true, fromZero = true, steps = null, shownX = null, hasOwnLast = false, behind = null, before = null, onCursor = null }) {
  const plot = element("div.plot");
  const note = element("div.nothing", {}, "Nothing yet");
  const legend = element("ul.legend");
  const names = series.map((one) => element("span", {}, one.label));
  const values = series.map(() => element("b", {}, "–"));
  const items = series.map((one, i) => element("li", {}, ...(series.length > 1 ? [element("i", { style: `background: var(--${one.color})` }), names[i]] : []), values[i]));
  const place = element("li.faint");
  legend.append(...items, ...(shownX ? [place] : []));
  let chart = null;
  let data = null;
  let size = "";

  function make() {
    chart?.destroy();
    plot.replaceChildren();
    const width = plot.clientWidth;
    const height = plot.clientHeight;
    if (!width || !height) { chart = null; return; }
    chart = new uPlot(options({ series, format, zone, kind, hasTime, fromZero, steps, behind, before, width, height, onCursor: pointAt }), shown(), plot);
  }

  const isStacked = kind === "area" || kind === "bars";
  const shown = () => (isStacked ? stacked(data) : data);

  function showValues(index) {
    const at = index ?? lastKnown(data.slice(1));
    values.forEach((value, i) => {
      const own = index === null && hasOwnLast ? lastKnown([data[i + 1]]) : at;
      setText(value, own === null ? "–" : format(data[i + 1][own]));
    });
    if (shownX) setText(place, at === null || (index === null && hasOwnLast) ? "" : `at ${shownX(data[0][at])}`);
  }

  function pointAt(drawn) {
    showValues(drawn.cursor.idx ?? null);
    onCursor?.(drawn);
  }

  const observer = new ResizeObserver(() => {
    const now = `${plot.clientWidth}×${plot.clientHeight}`;
    if (data?.[0].length && now !== size) {
      size = now;
      if (chart && plot.clientWidth && plot.clientHeight) chart.setSize({ width: plot.clientWidth, height: plot.clientHeight });
      else make();
    }
  });
  observer.observe(plot);

  return {
    element: plot,
    legend,
    set(next) {
      data = next;
      if (!data[0].length) {
        chart?.destroy();
        chart = null;
        plot.replaceChildren(note);
        values.forEach((value) => setText(value, "–"));
        return;
      }
      if (chart) chart.setData(shown());
      else make();
      if (chart?.cursor.idx === null || chart?.cursor.idx === undefined) showValues(null);
      plot.setAttribute("role", "img");
      plot.setAttribute("aria-label", names.map((name, i) => `${name.textContent}: ${values[i].textContent}`).join(", "));
    },
    items,
    index: () => chart?.cursor.idx ?? null,
    redraw: () => chart?.redraw(false),
    rename(i, label) {
      setText(names[i], label);
      items[i].hidden = label === "";
    },
    restyle() { if (data?.[0].length) make(); },
    close() { observer.disconnect(); chart?.destroy(); },
  };
}

function options({ series, format, zone, kind, hasTime, fromZero, steps, behind, before, width, height, onCursor }) {
  const axis = { stroke: color("faint"), grid: { stroke: color("grid"), width: 1 }, ticks: { show: false }, font: "12px system-ui, sans-serif" };
  const lines = series.map((one) => line(one, kind, series.length));
  if (kind !== "line") lines.reverse();
  return {
    width,
    height,
    ms: 1,
    ...(zone ? { tzDate: (ms) => uPlot.tzDate(new Date(ms), zone) } : {}),
    padding: [8, 20, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { size: 7 }, drag: { x: false, y: false } },
    scales: {
      x: { time: hasTime, ...(kind === "bars" ? { range: withHalfBars } : {}) },
      y: { range: (_, low, high) => span(...widened(low, high, behind?.columns() ?? []), fromZero) },
    },
    axes: [
      { ...axis, size: 26, space: 70, grid: { show: false }, ...(hasTime ? { values: CLOCK } : { values: (_, splits) => splits.map((x) => format(x)) }) },
      { ...axis, size: axisSize, space: 34, values: (_, splits) => splits.map((value) => format(value)), ...(steps ? { incrs: steps } : {}) },
    ],
    series: [{}, ...lines],
    hooks: { setCursor: [onCursor], drawAxes: behind ? [behind.draw] : [], draw: before ? [before] : [] },
  };
}

// Times of day, with the date where it changes. Columns: step, form, and what changes with year, month, day, hour…
const CLOCK = [
  [86400000, "{DD} {MMM}", null, null, null, null, null, null, 1],
  [3600000, "{HH}:{mm}", "{DD} {MMM} {HH}:{mm}", null, "{DD} {MMM} {HH}:{mm}", null, null, null, 0],
  [60000, "{HH}:{mm}", null, null, null, null, null, null, 1],
  [1000, "{HH}:{mm}:{ss}", null, null, null, null, null, null, 1],
  [1, "{ss}.{fff}", null, null, null, null, null, null, 1],
];

function line(one, kind, count) {
  const ink = color(one.color);
  const points = { size: 5, show: (chart, s, from, to) => to - from < 3 };
  if (kind === "bars") return { label: one.label, stroke: ink, fill: ink, width: 0, points: { show: false }, paths: uPlot.paths.bars({ size: [0.8, 60], gap: 1 }) };
  if (kind === "area") return { label: one.label, stroke: ink, fill: ink, width: 0, points: { show: false }, spanGaps: true };
  return { label: one.label, stroke: ink, width: 2, fill: count === 1 ? ink + "1f" : undefined, points, spanGaps: true };
}

export const WHOLE_STEPS = [...Array(16).keys()].flatMap((power) => [1, 2, 5].map((step) => step * 10 ** power));

const MINUTE = 60000;
const HOUR = 60 * MINUTE;
export const DURATION_STEPS = [
  ...WHOLE_STEPS.filter((step) => step <= 10000), 30000, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 30 * MINUTE,
  HOUR, 2 * HOUR, 6 * HOUR, ...WHOLE_STEPS.map((step) => step * 24 * HOUR),
];

// The first bar and the last one are as wide as the others.
function withHalfBars(chart, low, high) {
  const xs = chart.data[0];
  const gap = xs.length > 1 ? (xs.at(-1) - xs[0]) / (xs.length - 1) : 1;
  return [low - gap / 2, high + gap / 2];
}

function axisSize(chart, values) {
  const longest = Math.max(0, ...(values ?? []).map((value) => value.length));
  return 18 + longest * 6.6;
}

function widened(low, high, columns) {
  let [least, most] = [low, high];
  for (const column of columns) {
    for (const value of column) {
      if (value === null || value === undefined) continue;
      if (least === null || value < least) least = value;
      if (most === null || value > most) most = value;
    }
  }
  return [least, most];
}

function span(low, high, fromZero) {
  if (low === null || high === null || (fromZero && low === 0 && high === 0)) return [0, 1];
  const bottom = fromZero ? Math.min(low, 0) : low;
  const room = (high - bottom || Math.abs(high) || 1) * 0.08;
  return [fromZero && bottom === 0 ? 0 : bottom - room, high + room];
}

// Each series on top of those before; the last one is drawn first, so that it does not cover them.
function stacked(data) {
  const totals = new Array(data[0].length).fill(0);
  const sums = data.slice(1).map((column) => column.map((value, i) => (value === null ? null : (totals[i] += value))));
  return [data[0], ...sums.reverse()];
}

function lastKnown(columns) {
  for (let i = columns[0].length - 1; i >= 0; i -= 1) {
    if (columns.some((column) => column[i] !== null && column[i] !== undefined)) return i;
  }
  return null;
}

export function isNonNegative(columns) {
  return columns.every((column) => column.every((value) => value === null || value === undefined || value >= 0));
}
