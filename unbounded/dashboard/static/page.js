// The page: keeps what the engine tells, shows the view that the address names, and says when the engine is gone.

import { fetchJson, listen } from "./connection.js";
import { element, keepChildren, setText } from "./elements.js";
import { overviewView } from "./overview.js";
import { queryView } from "./query.js";
import { resultCard } from "./results.js";

const SECONDS_KEPT = 3600;
const THEMES = ["auto", "light", "dark"];

// ---------------------------------------------------------------------------------------------- what is known

const model = {
  frame: null,
  columns: [],
  histories: new Map(),

  // The last `seconds` of a column, oldest first.
  column(id, name, seconds) {
    const rows = this.histories.get(id) ?? [];
    const at = this.columns.indexOf(name);
    const from = rows.length ? rows.at(-1)[0] - seconds * 1000 : 0;
    return rows.slice(firstAfter(rows, from)).map((row) => row[at]);
  },
};

function firstAfter(rows, time) {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle][0] < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

async function loadHistory(id) {
  model.histories.set(id, []);
  try {
    const { columns, rows } = await fetchJson(`/api/queries/${encodeURIComponent(id)}/history`);
    model.columns = columns;
    const newer = model.histories.get(id).filter((row) => !rows.length || row[0] > rows.at(-1)[0]);
    model.histories.set(id, [...rows, ...newer]);
    update();
  } catch { model.histories.delete(id); }
}

function takeSample(query) {
  if (!model.histories.has(query.id)) { loadHistory(query.id); return; }
  const rows = model.histories.get(query.id);
  if (!query.sample) return;
  if (rows.length && rows.at(-1)[0] === query.sample[0]) rows[rows.length - 1] = query.sample;
  else rows.push(query.sample);
  if (rows.length > SECONDS_KEPT) rows.splice(0, rows.length - SECONDS_KEPT);
}

// ---------------------------------------------------------------------------------------------- views

const main = document.getElementById("main");
let view = null;
let isDue = false;

function resultsView() {
  const grid = element("div.grid.wide.results");
  const nothing = element("div.empty", {}, element("h1", {}, "No results to show"), element("p", {}, "A query that is written with format(\"dashboard\") appears here with its rows, as a chart or a table."));
  return {
    element: element("div", {}, nothing, grid),
    title: "Results",
    update() {
      const live = model.frame.queries.filter((query) => query.live);
      nothing.hidden = live.length > 0;
      keepChildren(grid, live, (query) => query.id, (query) => resultCard(query));
    },
    restyle() { grid.kept?.forEach((card) => card.restyle()); },
    close() { grid.kept?.forEach((card) => card.close()); },
  };
}

function oneResultView(name) {
  const card = resultCard({ name }, { isOnly: true });
  return { element: card.element, title: name, update() {}, restyle: card.restyle, close: card.close };
}

function chooseView() {
  const [, route, argument] = (location.hash || "#/").split("/").map(decodeURIComponent);
  if (route === "query" && argument) return queryView(model, argument, askToStop);
  if (route === "results" && argument) return oneResultView(argument);
  return route === "results" ? resultsView() : overviewView(model);
}

function showView() {
  view?.close();
  view = chooseView();
  main.replaceChildren(view.element);
  window.scrollTo(0, 0);
  const route = location.hash.startsWith("#/results") ? "results" : "queries";
  document.querySelectorAll("nav a").forEach((link) => {
    if (link.dataset.route === route) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  });
  update();
}

// Drawn at most once per picture of the screen, and not while nobody can see it.
function update() {
  if (isDue || !model.frame || !view) return;
  isDue = true;
  requestAnimationFrame(() => {
    isDue = false;
    view.update();
    document.title = titleText(view.title);
  });
}

function titleText(title) {
  const failed = model.frame.queries.filter((query) => query.state === "failed").length;
  return `${failed ? `(${failed} failed) ` : ""}${title} · unbounded`;
}

// ---------------------------------------------------------------------------------------------- stopping

function askToStop(query, button) {
  const dialog = document.getElementById("confirm");
  setText(dialog.querySelector("h2"), `Stop ${query.name ?? "this query"}?`);
  setText(dialog.querySelector("p"), "It ends after what it is doing now. Started again with the same checkpoint, it goes on where it was.");
  dialog.onclose = () => { if (dialog.returnValue === "ok") stopQuery(query, button); };
  dialog.returnValue = "";
  dialog.showModal();
}

async function stopQuery(query, button) {
  button.disabled = true;
  setText(button, "Stopping…");
  try {
    await fetchJson(`/api/queries/${encodeURIComponent(query.id)}/stop`, { method: "POST", headers: { "X-Unbounded-Request": "stop" } });
    setText(button, "Stop");
  } catch (error) {
    setText(button, `Could not stop: ${error.message}`);
  } finally {
    button.disabled = false;
  }
}

// ---------------------------------------------------------------------------------------------- light and dark

const themeButton = document.getElementById("theme");
const darkSystem = matchMedia("(prefers-color-scheme: dark)");

function savedTheme() {
  const saved = localStorage.getItem("theme");
  return THEMES.includes(saved) ? saved : "auto";
}

function applyTheme() {
  const theme = savedTheme();
  const isDark = theme === "dark" || (theme === "auto" && darkSystem.matches);
  document.documentElement.dataset.theme = isDark ? "dark" : "light";
  setText(themeButton, { auto: "Auto", light: "Light", dark: "Dark" }[theme]);
  themeButton.setAttribute("aria-label", `Colours: ${theme}`);
  view?.restyle?.();
}

themeButton.addEventListener("click", () => {
  localStorage.setItem("theme", THEMES[(THEMES.indexOf(savedTheme()) + 1) % THEMES.length]);
  applyTheme();
});
darkSystem.addEventListener("change", applyTheme);

// ---------------------------------------------------------------------------------------------- start

const connection = document.getElementById("connection");
let lostAt = 0;

function tellConnected() {
  const count = model.frame.queries.filter((query) => !query.ended).length;
  connection.className = "pill";
  setText(connection, `${count} ${count === 1 ? "query" : "queries"} running`);
}

function tellLost() {
  lostAt ||= Date.now();
  connection.className = "pill lost";
  setText(connection, `No connection to the engine since ${new Date(lostAt).toLocaleTimeString("en-GB")}, trying again…`);
  if (!model.frame) main.replaceChildren(element("div.empty", {}, element("h1", {}, "The engine does not answer"), element("p", {}, "The page goes on by itself when it is back.")));
}

function takeFrame(frame) {
  const isFirst = !model.frame;
  model.frame = frame;
  frame.queries.forEach(takeSample);
  tellConnected();
  if (isFirst) showView();
  else update();
}

applyTheme();
window.addEventListener("hashchange", () => {
  if (!model.frame) return;
  showView();
  main.focus({ preventScroll: true });
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !document.querySelector("dialog[open]") && location.hash.split("/").length > 2) location.hash = location.hash.startsWith("#/results") ? "#/results" : "#/";
});
listen("/ws", takeFrame, () => { lostAt = 0; model.histories.clear(); }, tellLost);
