// What the live parts of all pages are made of. Everything shown is text by way of Preact's children: never markup.

import { h, render } from "../vendor/preact.mjs";
import { useEffect, useLayoutEffect, useRef, useState } from "../vendor/preact-hooks.mjs";
import htm from "../vendor/htm.mjs";
import { duration, t } from "./i18n.js";
import { serverNow } from "./socket.js";

export { render, useEffect, useLayoutEffect, useRef, useState };
export const html = htm.bind(h);

const icons = document.body.dataset.icons;

/** One icon of the sheet; it decorates, the words beside it say the same. */
export const Icon = ({ name, class: extra = "" }) => html`
  <svg class=${`icon ${extra}`} aria-hidden="true"><use href=${`${icons}#${name}`} /></svg>
`;

/** The server's time, anew every second (and at once when asked to by a new state). */
export function useServerNow(everyMs = 250) {
  const [, again] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => again((count) => count + 1), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return serverNow();
}

/** Time running since a moment. */
export const Since = ({ at, class: extra = "" }) => {
  const now = useServerNow();
  return html`<span class=${`figure ${extra}`} role="timer">${duration(now - at)}</span>`;
};

/** Time running out until a moment. */
export const Until = ({ at, class: extra = "" }) => {
  const now = useServerNow();
  return html`<span class=${`figure ${extra}`} role="timer">${duration(at - now + 999)}</span>`;
};

/** A bar that runs out between two moments. Decoration: the timer beside it says the same. */
export const Runway = ({ from, until, class: extra = "" }) => {
  const now = useServerNow(100);
  const left = Math.min(1, Math.max(0, (until - now) / Math.max(1, until - from)));
  return html`<span class=${`runway ${extra}`} aria-hidden="true"><i style=${{ transform: `scaleX(${left})` }}></i></span>`;
};

/** The states of an agent, in words and with their icons. */
export const STATES = {
  "logged-out": { icon: "log-out", word: t("Signed out") },
  "not-ready": { icon: "coffee", word: t("Not ready") },
  ready: { icon: "circle-check", word: t("Ready") },
  offered: { icon: "phone-incoming", word: t("Ringing") },
  talking: { icon: "phone-call", word: t("Talking") },
  hold: { icon: "pause", word: t("On hold") },
  "wrap-up": { icon: "pencil", word: t("Wrap-up") },
};

export const StateBadge = ({ state, children }) => html`
  <span class="state" data-state=${state}><${Icon} name=${STATES[state].icon} />${children ?? STATES[state].word}</span>
`;

const HEALTH = {
  connected: { icon: "wifi", word: t("Connected") },
  connecting: { icon: "refresh-cw", word: t("Connecting") },
  disconnected: { icon: "wifi-off", word: t("Disconnected") },
};

/** How the line to the server is. */
export const Health = ({ state }) => html`
  <span class="health" data-health=${state} role="status"><${Icon} name=${HEALTH[state].icon} />${HEALTH[state].word}</span>
`;

/** A dialog that Escape, its button and a click beside it close. */
export const Dialog = ({ title, onClose, children }) => {
  const dialog = useRef(null);
  useEffect(() => {
    dialog.current.showModal();
  }, []);
  return html`
    <dialog
      class="dialog"
      ref=${dialog}
      aria-label=${title}
      onClose=${onClose}
      onClick=${(event) => event.target === dialog.current && dialog.current.close()}
    >
      <header>
        <h2>${title}</h2>
        <button class="button quiet icon-only" aria-label=${t("Close")} onClick=${() => dialog.current.close()}>
          <${Icon} name="x" />
        </button>
      </header>
      ${children}
    </dialog>
  `;
};

/** Puts a live part into the bar at the top of the page. */
export const intoBar = (part) => render(part, document.getElementById("bar-live"));

/** A word of refusal from the server, gone after a while. */
export function useNotice() {
  const [notice, setNotice] = useState(null);
  useEffect(() => {
    if (!notice) return undefined;
    const timer = setTimeout(() => setNotice(null), 6000);
    return () => clearTimeout(timer);
  }, [notice]);
  const shown = html`<div class="notices" role="alert">${notice && html`<p class="notice"><${Icon} name="triangle-alert" />${notice.text}</p>`}</div>`;
  return [shown, (text) => setNotice({ text })];
}
