// Numbers as people read them, with their units.

const PREFIXES = [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]];
export const NO_VALUE = "–";

export function isNumber(value) {
  return typeof value === "number" && Number.isFinite(value);
}

export function count(value) {
  if (!isNumber(value)) return NO_VALUE;
  const size = Math.abs(value);
  if (size < 10000) return plain(size < 100 ? value : Math.round(value));
  for (const [factor, prefix] of PREFIXES) {
    if (size >= factor) return `${significant(value / factor)} ${prefix}`;
  }
  return plain(value);
}

export function rate(value) {
  return isNumber(value) ? `${count(value)} rows/s` : NO_VALUE;
}

export function rows(value) {
  return isNumber(value) ? `${count(value)} ${value === 1 ? "row" : "rows"}` : NO_VALUE;
}

export function records(value) {
  return isNumber(value) ? `${count(value)} ${value === 1 ? "record" : "records"}` : NO_VALUE;
}

export function bytes(value) {
  if (!isNumber(value)) return NO_VALUE;
  for (const [factor, prefix] of PREFIXES) {
    if (value >= factor) return `${significant(value / factor)} ${prefix}B`;
  }
  return `${plain(value)} B`;
}

export function duration(ms) {
  if (!isNumber(ms)) return NO_VALUE;
  if (ms < 0) return `−${duration(-ms)}`;
  if (ms < 1000) return `${ms < 10 ? Math.round(ms * 10) / 10 : Math.round(ms)} ms`;
  const s = ms / 1000;
  if (s < 60) return `${significant(s)} s`;
  if (s < 3600) return two(s, 60, "min", 1, "s");
  if (s < 86400) return two(s, 3600, "h", 60, "min");
  return two(s, 86400, "d", 3600, "h");
}

function two(s, big, bigName, small, smallName) {
  let whole = Math.floor(s / big);
  let rest = Math.round((s - whole * big) / small);
  if (rest * small >= big) { whole += 1; rest = 0; }
  return rest ? `${whole} ${bigName} ${rest} ${smallName}` : `${whole} ${bigName}`;
}

function significant(value) {
  const size = Math.abs(value);
  return value.toLocaleString("en", { maximumFractionDigits: size < 10 ? 2 : size < 100 ? 1 : 0 });
}

// Any number of a result: no prefix, but not more digits than say something.
export function plain(value) {
  if (!isNumber(value)) return NO_VALUE;
  if (Number.isInteger(value)) return value.toLocaleString("en").replaceAll(",", "\u202f");
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e9)) return value.toExponential(2);
  const digits = size < 1 ? 4 : size < 1000 ? 2 : 1;
  return value.toLocaleString("en", { maximumFractionDigits: digits }).replaceAll(",", "\u202f");
}

// Widest short form, for axes and big figures.
export function compact(value) {
  return isNumber(value) && Math.abs(value) >= 10000 ? count(value) : plain(value);
}

export function clockTime(ms, zone) {
  if (!isNumber(ms)) return NO_VALUE;
  return new Date(ms).toLocaleTimeString("en-GB", zone ? { timeZone: zone } : {});
}

export function dateTime(ms, zone) {
  if (!isNumber(ms)) return NO_VALUE;
  const text = new Date(ms).toLocaleString("sv-SE", zone ? { timeZone: zone } : {});
  return ms % 1000 ? `${text}.${String(((ms % 1000) + 1000) % 1000).padStart(3, "0")}` : text;
}

export function ago(ms, now) {
  const passed = now - ms;
  return passed < 2000 ? "just now" : `${duration(passed)} ago`;
}
