// The plan of a query as a graph: sources at the top, the sink at the bottom, counts where they are known.

import { element, setText } from "./elements.js";
import { bytes, count, rows } from "./units.js";

export function planGraph(plan, sink) {
  const marks = [];
  const root = { name: "Sink", text: sink, isSink: true, below: [plan] };
  const list = element("ul.plan", { "aria-label": "Plan, sources first" }, branch(root, marks));
  return { element: list, update: (query) => marks.forEach((mark) => setText(mark.counts, countsText(mark.node, query))) };
}

function branch(node, marks) {
  const counts = element("span.counts");
  const isStateful = node.operator !== undefined;
  marks.push({ node, counts });
  const box = element(isStateful ? "div.node.keeps" : "div.node", { tabindex: node.text ? 0 : null }, counts, element("h3", {}, spaced(node.name)), node.text ? element("div.text", { title: node.text }, node.text) : null);
  const item = element("li");
  if (node.below.length) item.append(element("ul", {}, ...node.below.map((below) => branch(below, marks))), element("div.arrow", { "aria-hidden": "true" }));
  item.append(box);
  return item;
}

function spaced(name) {
  return name.replace(/(?<=[a-z])(?=[A-Z])/g, " ");
}

function countsText(node, query) {
  if (node.source !== undefined) {
    const source = query.sources?.[node.source];
    return source ? `${rows(source.numInputRows)} in` : "";
  }
  if (node.operator !== undefined) {
    const operator = query.operators?.[node.operator];
    return operator ? `${rows(operator.rows)} kept, ${count(operator.updated)} changed, ${bytes(operator.bytes)}${operator.late ? `, ${rows(operator.late)} late` : ""}` : "";
  }
  if (node.isSink) return query.rowsOut >= 0 ? `${rows(query.rowsOut)} out` : "";
  const known = query.planRows?.[node.place];
  return known === null || known === undefined ? "" : rows(known);
}
