// One query: what it does now, its last hour, its plan, what it dropped, and the button that stops it.

import { DURATION_STEPS, WHOLE_STEPS, timeChart } from "./charts.js";
import { fetchJson } from "./connection.js";
import { element, setClass, setText } from "./elements.js";
import { causeOf } from "./overview.js";
import { planGraph } from "./plan.js";
import { resultCard } from "./results.js";
import { bytes, count, dateTime, clockTime, duration, isNumber, rate, records, rows } from "./units.js";

const RANGES = [[300, "5 min"], [900, "15 min"], [3600, "1 hour"]];
const LATE_ROWS_SHOWN = 10;

const PHASES = [
  ["latestOffsetMs", "ask sources", "c3"],
  ["getBatchMs", "read", "c2"],
  ["queryPlanningMs", "plan", "c4"],
  ["addBatchMs", "compute and write", "c1"],
  ["walCommitMs", "log offsets", "c6"],
  ["commitOffsetsMs", "commit", "c7"],
];

const CHARTS = [
  { title: "Rates", format: rate, columns: [["inputRowsPerSecond", "input", "c1"], ["processedRowsPerSecond", "can process", "c2"]] },
  { title: "Batch duration by phase", format: duration, steps: DURATION_STEPS, kind: "area", columns: PHASES },
  { title: "Latency", format: duration, steps: DURATION_STEPS, columns: [["latencyMs", "newest row to its result", "c1"]] },
  { title: "Watermark behind the clock", format: duration, steps: DURATION_STEPS, columns: [["watermarkLagMs", "watermark", "c4"]], fromZero: false },
  { title: "Watermark behind the latest event", format: duration, steps: DURATION_STEPS, columns: [["watermarkBehindEventsMs", "watermark", "c4"]], insteadOf: "watermarkLagMs" },
  { title: "State rows", format: rows, steps: WHOLE_STEPS, columns: [["stateRows", "rows", "c1"]] },
  { title: "State size", format: bytes, columns: [["stateBytes", "bytes", "c2"]] },
  { title: "Rows dropped as late", format: rows, steps: WHOLE_STEPS, columns: [["lateRows", "rows", "c5"]], kind: "bars" },
  { title: "Kafka lag", format: records, steps: WHOLE_STEPS, columns: [["rowsBehind", "records", "c7"]] },
];

const TILES = [
  ["Input", (query) => rate(query.inputRowsPerSecond), (query) => `${rows(query.rowsIn)} in all`],
  ["Can process", (query) => rate(query.processedRowsPerSecond), () => "while a batch runs"],
  ["Batch", (query) => duration(query.batchMs), (query) => `${count(query.batches)} done in this run`],
  ["Latency", (query) => duration(query.latencyMs), latencyNote],
  ["Watermark behind", (query) => duration(query.watermarkLagMs ?? query.watermarkBehindEventsMs), watermarkNote, watermarkLabel],
  ["State", (query) => rows(query.stateRows), (query) => bytes(query.stateBytes)],
  ["Dropped as late", (query) => rows(query.lateRows), () => "behind the watermark"],
  ["Kafka lag", (query) => records(query.rowsBehind), () => "yet to be read"],
];

function latencyNote(query) {
  if (isNumber(query.latencyMs)) return "newest row to its result";
  return isNumber(query.latestEvent) && !isNumber(query.watermarkLagMs) ? "event times are not of this week" : "needs a watermark";
}

function watermarkNote(query) {
  if (!query.watermark) return "no watermark";
  return `rows before ${(isNumber(query.watermarkLagMs) ? clockTime : dateTime)(query.watermark)} are late`;
}

function watermarkLabel(query) {
  if (!query.watermark) return "Watermark";
  return isNumber(query.watermarkLagMs) ? "Watermark behind now" : "Watermark behind latest event";
}

export function queryView(model, id, askToStop) {
  const find = () => model.frame.queries.find((query) => query.id === id);
  const name = element("h1");
  const state = element("span.state");
  const sub = element("p.sub");
  const stop = element("button.danger", { type: "button", onclick: () => askToStop(find(), stop) }, "Stop");
  const failure = element("div");
  const tiles = TILES.map(([label]) => tile(label));
  const result = element("section.results");
  const charts = chartGrid(model, id);
  const plan = element("section", { "aria-label": "Plan" });
  const sources = sourceTable();
  const late = lateRows(id);
  const head = element("div.title", {}, name, state, element("span.end", {}, stop), sub);
  const tileList = element("dl.tiles", {}, ...tiles.map((one) => one.element));
  const view = element("div", {}, head, failure, tileList, result, charts.element, sources.element, late.element, plan);
  let runId = "";
  let graph = null;
  let card = null;
  let isAsking = false;

  async function loadPlan() {
    if (isAsking) return;
    isAsking = true;
    try {
      const answer = await fetchJson(`/api/queries/${encodeURIComponent(id)}/plan`);
      if (answer.plan) {
        graph = planGraph(answer.plan, find()?.sink ?? "");
        plan.replaceChildren(element("h2", {}, "Plan, with the rows of the last batch"), element("div.card.scroll", {}, graph.element));
      }
    } catch { /* asked again with the next frame */ } finally { isAsking = false; }
  }

  return {
    element: view,
    get title() { return find()?.name ?? "Query"; },
    update() {
      const query = find();
      if (!query) { view.replaceChildren(element("div.empty", {}, element("h1", {}, "This query is gone"), element("p", {}, "The engine does not know it; it may have been restarted. "), element("a", { href: "#/" }, "All queries"))); return; }
      if (query.runId !== runId) { runId = query.runId; graph = null; }
      setText(name, query.name ?? `Query ${id.slice(0, 8)}`);
      setClass(state, `state ${query.state}`);
      setText(state, query.state);
      setText(sub, `${query.message} · ${query.mode} mode · into ${query.sink} · started ${dateTime(query.started)}${query.ended ? ` · ended ${dateTime(query.ended)}` : ""} · id ${id}`);
      stop.hidden = query.state === "failed" || query.state === "stopped";
      drawFailure(failure, query);
      TILES.forEach(([label, value, note, ownLabel], i) => tiles[i].set(ownLabel ? ownLabel(query) : label, value(query), note(query)));
      tiles[6].element.classList.toggle("warn", query.lateRows > 0);
      tiles[7].element.hidden = query.rowsBehind === null || query.rowsBehind === undefined;
      if (query.live && !card) { card = resultCard(query); result.append(element("h2", {}, "Result"), card.element); }
      charts.update(query);
      sources.update(query);
      late.update(query);
      if (graph) graph.update(query);
      else if (query.batch !== null) loadPlan().then(() => graph?.update(query));
    },
    restyle() { charts.restyle(); card?.restyle(); },
    close() { charts.close(); card?.close(); },
  };
}

function tile(label) {
  const title = element("dt", {}, label);
  const value = element("dd");
  const note = element("dd.note");
  return {
    element: element("div.tile", {}, title, value, note),
    set(name, text, said) { setText(title, name); setText(value, text); setText(note, said); note.title = said; },
  };
}

function drawFailure(place, query) {
  const said = query.failure ?? "";
  if (place.said === said) return;
  place.said = said;
  place.replaceChildren(...(said ? [element("div.failure", {}, element("b", {}, "Ended with an error. "), causeOf(said))] : []));
}

function chartGrid(model, id) {
  let range = RANGES[0][0];
  let drawn = "";
  const buttons = RANGES.map(([seconds, label]) => element("button.quiet", { type: "button", "aria-pressed": String(seconds === range), onclick: () => choose(seconds) }, label));
  const charts = CHARTS.map((told) => {
    const chart = timeChart({ ...told, series: told.columns.map(([, label, color]) => ({ label, color })) });
    const card = element("article.card.chart", {}, element("header", {}, element("h2", {}, told.title), chart.legend), chart.element);
    return { told, chart, card };
  });
  const ranges = element("div.ranges", { role: "group", "aria-label": "Time shown" }, ...buttons);
  const section = element("section", { "aria-label": "History" }, element("div.title", {}, element("h2", {}, "History"), element("span.end", {}, ranges)), element("div.grid", {}, ...charts.map((one) => one.card)));

  function choose(seconds) {
    range = seconds;
    buttons.forEach((button, i) => button.setAttribute("aria-pressed", String(RANGES[i][0] === seconds)));
    draw();
  }

  function draw() {
    const times = model.column(id, "time", range);
    for (const { told, chart, card } of charts) {
      const data = told.columns.map(([column]) => model.column(id, column, range));
      const isKnown = data.some(isAnyKnown);
      const isReplaced = told.insteadOf && isAnyKnown(model.column(id, told.insteadOf, range));
      card.hidden = (!isKnown && told.columns.length === 1) || isReplaced;
      if (!card.hidden) chart.set(isKnown ? [times, ...data] : [[], ...data.map(() => [])]);
    }
  }

  return {
    element: section,
    update(query) {
      const now = JSON.stringify([query.sample, model.column(id, "time", RANGES.at(-1)[0]).length]);
      if (now !== drawn) { drawn = now; draw(); }
    },
    restyle() { charts.forEach(({ chart }) => chart.restyle()); },
    close() { charts.forEach(({ chart }) => chart.close()); },
  };
}

function isAnyKnown(column) {
  return column.some((value) => value !== null);
}

function sourceTable() {
  const body = element("tbody");
  const head = element("tr", {}, ...["Source", "Last batch", "Input", "Read up to", "There is"].map((label) => element("th", { scope: "col" }, label)));
  const section = element("section", { "aria-label": "Sources" }, element("h2", {}, "Sources"), element("div.card.scroll", {}, element("table", {}, element("thead", {}, head), body)));
  return {
    element: section,
    update(query) {
      const sources = query.sources ?? [];
      section.hidden = sources.length === 0;
      while (body.children.length < sources.length) body.append(element("tr", {}, ...Array.from({ length: 5 }, () => element("td"))));
      sources.forEach((source, i) => {
        const texts = [source.description, rows(source.numInputRows), rate(source.inputRowsPerSecond), offsetText(source.endOffset), offsetText(source.latestOffset)];
        texts.forEach((text, c) => setText(body.children[i].children[c], text));
      });
    },
  };
}

function offsetText(offset) {
  if (offset === null || offset === undefined) return "–";
  return typeof offset === "object" ? JSON.stringify(offset).replaceAll('"', "").replaceAll(",", ", ") : String(offset);
}

function lateRows(id) {
  const list = element("tbody");
  const head = element("tr", {}, ...["Event time", "Watermark", "Row", "Why"].map((label) => element("th", { scope: "col" }, label)));
  const section = element("section", { "aria-label": "Late rows", hidden: true }, element("h2", {}, "Rows dropped as late: the latest few"), element("div.card.scroll", {}, element("table.late", {}, element("thead", {}, head), list)));
  let seen = 0;
  return {
    element: section,
    async update(query) {
      if (!query.lateRows || query.lateRows === seen) return;
      seen = query.lateRows;
      try {
        const sample = await fetchJson(`/api/queries/${encodeURIComponent(id)}/late`);
        const places = [...sample.row.keys()].reverse().slice(0, LATE_ROWS_SHOWN);
        section.hidden = places.length === 0;
        list.replaceChildren(...places.map((i) => element("tr", {}, ...[dateTime(sample.event_time[i]), clockTime(sample.watermark[i]), element("code", {}, sample.row[i]), sample.reason[i]].map((told) => element("td", {}, told)))));
      } catch { seen = 0; }
    },
  };
}
