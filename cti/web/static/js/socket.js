// The line to the server: its state comes in, wishes go out. Reconnects by itself, backing off with jitter, and goes on
// where it was cut off.

import { Mirror } from "./mirror.js";

// The server says something every five seconds; longer silence means that it is not there, whatever the socket thinks.
const SILENCE_MS = 12000;
const LONGEST_PAUSE_MS = 8000;
const DISCONNECTED_AFTER_MS = 5000;

// The server's clock, by the browser's own running time: a browser whose clock is wrong or is set shows right timers.
// Messages are late, never early, so the largest difference seen is the truest one.
let skew = -Infinity;

/** The server's time now, Unix milliseconds. */
export const serverNow = () => (Number.isFinite(skew) ? skew + performance.now() : Date.now());

// A socket that is refused does not say why. A page that now leads elsewhere does: this browser is no longer signed in.
const leaveIfSignedOut = async () => {
  const answer = await fetch(location.pathname, { method: "HEAD", redirect: "manual" }).catch(() => null);
  if (answer?.type === "opaqueredirect") location.reload();
};

/**
 * Opens the socket at path. onMessage gets the whole state whenever it has changed, and words of refusal; onHealth gets {state, since}: “connected”, “connecting” or
 * “disconnected”. Returns send(message), which says whether it could be sent.
 */
export function connect(path, onMessage, onHealth) {
  const address = new URL(path, location.href);
  address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  let socket = null;
  let tries = 0;
  let heard = 0;
  let lostAt = performance.now();
  let health = "";
  const mirror = new Mirror((message) => socket?.readyState === WebSocket.OPEN && socket.send(JSON.stringify(message)));

  const say = (state) => {
    if (state !== health) onHealth((health = state));
  };

  const open = () => {
    if (mirror.stream) {
      address.searchParams.set("stream", mirror.stream);
      address.searchParams.set("number", mirror.number);
    }
    mirror.connected();
    socket = new WebSocket(address);
    heard = performance.now();
    const mine = socket;
    mine.onmessage = (event) => {
      if (mine !== socket) return;
      const message = JSON.parse(event.data);
      heard = performance.now();
      if (tries || health !== "connected") skew = -Infinity;
      tries = 0;
      skew = Math.max(skew, message.now - performance.now());
      say("connected");
      if (message.type === "refused") onMessage(message);
      else if (mirror.take(message)) onMessage(mirror.state);
    };
    mine.onclose = () => {
      if (mine === socket) lose();
    };
  };

  const lose = () => {
    const old = socket;
    socket = null;
    old?.close();
    if (health === "connected" || !health) lostAt = performance.now();
    say(performance.now() - lostAt > DISCONNECTED_AFTER_MS ? "disconnected" : "connecting");
    const pause = Math.min(250 * 2 ** tries, LONGEST_PAUSE_MS);
    tries += 1;
    if (tries > 1) leaveIfSignedOut();
    setTimeout(open, pause * (0.5 + Math.random()));
  };

  setInterval(() => {
    if (socket && performance.now() - heard > SILENCE_MS) lose();
    else if (health === "connecting" && performance.now() - lostAt > DISCONNECTED_AFTER_MS) say("disconnected");
  }, 1000);
  addEventListener("online", () => {
    if (socket && socket.readyState !== WebSocket.OPEN) lose();
  });

  say("connecting");
  open();
  return (message) => {
    if (socket?.readyState !== WebSocket.OPEN) return false;
    socket.send(JSON.stringify(message));
    return true;
  };
}
