// The list of queries: what each does now, and what went wrong lately.

import { element, keepChildren, setClass, setText, spark } from "./elements.js";
import { NO_VALUE, bytes, clockTime, count, dateTime, duration, isNumber, rate, records, rows } from "./units.js";

const SPARK_SECONDS = 120;

const COLUMNS = [
  ["Input rate", (query) => rate(query.inputRowsPerSecond)],
  ["Can process", (query) => rate(query.processedRowsPerSecond)],
  ["Batch", (query) => duration(query.batchMs)],
  ["Watermark", watermarkText, watermarkNote],
  ["State", (query) => rows(query.stateRows), (query) => (isNumber(query.stateRows) ? bytes(query.stateBytes) : "")],
  ["Dropped as late", (query) => rows(query.lateRows)],
  ["Kafka lag", (query) => records(query.rowsBehind)],
];

const HELP = {
  "Can process": "Rows per second while a batch runs; a query keeps up as long as this is above its input rate",
  Watermark: "The query waits no longer for rows with an event time before it: they are dropped as late",
  "Kafka lag": "Records in the topics that the query has yet to read",
};

// Event times of another time, as of data that is read again, are compared with each other and not with the clock.
function watermarkText(query) {
  return isNumber(query.watermarkLagMs) ? `${duration(query.watermarkLagMs)} behind now` : dateTime(query.watermark);
}

function watermarkNote(query) {
  const isOfNow = isNumber(query.watermarkLagMs);
  return isOfNow || !isNumber(query.watermarkBehindEventsMs) ? "" : `${duration(query.watermarkBehindEventsMs)} behind the latest event`;
}

export function overviewView(model) {
  const body = element("tbody");
  const heads = COLUMNS.map(([label]) => element("th.number", { scope: "col", title: HELP[label] }, label));
  const head = element("tr", {}, element("th", { scope: "col" }, "Query"), element("th", { scope: "col" }, "State"), element("th.number", { scope: "col" }, "Last 2 min"),
    ...heads);
  const table = element("section", {}, element("div.card.scroll", {}, element("table.queries", {}, element("thead", {}, head), body)));
  const failures = element("section", { "aria-label": "Recent failures" });
  const nothing = element("div.empty", {}, element("h1", {}, "No streaming query yet"), element("p", {}, "Start one, and it appears here at once. To see its rows too, write them to the dashboard:"), element("pre", {}, EXAMPLE));
  const view = element("div", {}, nothing, table, failures);
  return {
    element: view,
    title: "Queries",
    update() {
      const { queries, failures: failed, now } = model.frame;
      const unused = COLUMNS.map(([, text]) => queries.every((query) => text(query) === NO_VALUE));
      heads.forEach((one, i) => { one.hidden = unused[i]; });
      nothing.hidden = queries.length > 0;
      table.hidden = queries.length === 0;
      keepChildren(body, inOrder(queries), (query) => query.id, () => queryRow(model, heads));
      drawFailures(failures, failed, now);
    },
    close() {},
  };
}

const EXAMPLE = `counts.writeStream.format("dashboard").queryName("counts") \\
    .option("chart", "line").option("x", "window").option("y", "count") \\
    .outputMode("update").start()`;

function inOrder(queries) {
  const rank = { failed: 0, starting: 1, running: 1, idle: 1, stopped: 2 };
  return [...queries].sort((a, b) => rank[a.state] - rank[b.state] || a.started - b.started);
}

function queryRow(model, heads) {
  const link = element("a");
  const sub = element("span.sub");
  const state = element("span.state");
  const line = spark();
  const cells = COLUMNS.map(([label]) => element("td.number", { "data-label": label }, element("span"), element("span.sub")));
  const row = element("tr", {}, element("td", {}, link, sub), element("td", {}, state), element("td.number.shape", {}, line.element), ...cells);
  return {
    element: row,
    update(query) {
      link.href = `#/query/${encodeURIComponent(query.id)}`;
      setText(link, query.name ?? `Query ${query.id.slice(0, 8)}`);
      setText(sub, subText(query));
      setClass(state, `state ${query.state}`);
      setText(state, query.state);
      state.title = query.message;
      line.set(model.column(query.id, "rowsIn", SPARK_SECONDS));
      COLUMNS.forEach(([, text, note], i) => {
        const told = text(query);
        setText(cells[i].firstChild, told);
        setText(cells[i].lastChild, note ? note(query) : "");
        cells[i].classList.toggle("noted", cells[i].lastChild.textContent.length > 12);
        cells[i].hidden = heads[i].hidden;
        cells[i].classList.toggle("unknown", told === NO_VALUE);
      });
    },
  };
}

function subText(query) {
  const batch = query.batch === null || query.batch === undefined ? "no batch yet" : `batch ${count(query.batch)}`;
  return `${batch} · ${rows(query.rowsIn)} since ${clockTime(query.started)}`;
}

export function drawFailures(place, failures) {
  const title = element("h2", {}, "Recent failures");
  const key = failures.map((failure) => failure.time).join();
  if (place.drawn === key) return;
  place.drawn = key;
  place.replaceChildren(...(failures.length ? [title] : []), ...failures.map(failureCard));
}

// Which query it was and that it has ended, the page says itself; all of it stands in the details.
export function causeOf(message) {
  return message.replace(/^\[STREAM_FAILED\] .*? terminated with exception: /, "").replace(/ SQLSTATE: XXKST$/, "");
}

export function failureCard(failure) {
  const head = element("summary", {}, element("time", {}, clockTime(failure.time)), element("b", {}, failure.name ?? failure.queryId.slice(0, 8)), " ", causeOf(failure.message));
  return failure.detail ? element("details.failure", {}, head, element("pre", {}, `${failure.message}\n${failure.detail.trim()}`)) : element("div.failure", {}, ...head.childNodes);
}
