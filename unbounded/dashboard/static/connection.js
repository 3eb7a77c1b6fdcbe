// A WebSocket that comes back: says when it is lost, tries again, and gives parsed frames.

const FIRST_WAIT_MS = 400;
const LAST_WAIT_MS = 4000;

export function listen(path, onFrame, onOpen = () => {}, onLost = () => {}) {
  let socket = null;
  let wait = FIRST_WAIT_MS;
  let timer = 0;
  let isClosed = false;

  function open() {
    socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${path}`);
    socket.onopen = () => { wait = FIRST_WAIT_MS; onOpen(); };
    socket.onmessage = (message) => onFrame(JSON.parse(message.data));
    socket.onclose = () => {
      if (isClosed) return;
      onLost();
      timer = setTimeout(open, wait);
      wait = Math.min(wait * 1.6, LAST_WAIT_MS);
    };
  }

  open();
  return { close() { isClosed = true; clearTimeout(timer); socket.close(); } };
}

export async function fetchJson(path, options) {
  const response = await fetch(path, options);
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error ?? `${response.status} ${response.statusText}`);
  return answer;
}
