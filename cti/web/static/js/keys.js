// Keyboard shortcuts. By the place of the key (event.code), so that they work on Cyrillic and Latin layouts alike.

import { t } from "./i18n.js";
import { Dialog, html, useEffect, useLayoutEffect, useRef, useState } from "./ui.js";

const STORE = "holdless-shortcuts";
const letters = /^(Key[A-Z]|Digit\d)$/;

/** Whether single keys act; people who speak to their computer, or rest a hand on it, switch them off (WCAG 2.1.4). */
export const shortcutsOn = () => localStorage.getItem(STORE) !== "off";

// Radio buttons and check boxes take no letters. A box in a dialog may even have the focus for a moment after it is closed.
const isTyping = (target) =>
  target instanceof HTMLElement &&
  (target.isContentEditable || target.matches("input:not([type=radio], [type=checkbox]), textarea, select"));

/**
 * Lets keys act while the part is on the page. keys maps “KeyA”, “Digit1”, “Alt+Digit1”, “Ctrl+Enter”, “Escape” … to a
 * function, or to nothing where the key does nothing now.
 */
export function useKeys(keys) {
  const latest = useRef(keys);
  latest.current = keys;
  // Before the paint: a key that is shown already works.
  useLayoutEffect(() => {
    const pressed = (event) => {
      if (event.repeat || event.defaultPrevented || document.querySelector("dialog[open]")) return;
      const held = `${event.ctrlKey || event.metaKey ? "Ctrl+" : ""}${event.altKey ? "Alt+" : ""}`;
      if (!held && letters.test(event.code) && (!shortcutsOn() || isTyping(event.target))) return;
      const act = latest.current[held + event.code];
      if (!act) return;
      event.preventDefault();
      act();
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, []);
}

/** The overlay that lists them; rows are [key, what it does]. Opened by “?” and by whoever calls open. */
export function useHelp(rows) {
  // Which opening is shown, 0 for none: a dialog tells of its closing a moment later, when the next may be open already.
  const [opening, setOpening] = useState(0);
  const next = useRef(0);
  const open = () => setOpening(++next.current);
  const [on, setOn] = useState(shortcutsOn());
  useEffect(() => {
    const pressed = (event) => {
      if (event.key === "?" && !isTyping(event.target) && !document.querySelector("dialog[open]")) open();
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, []);
  const toggle = (event) => {
    localStorage.setItem(STORE, event.target.checked ? "on" : "off");
    setOn(event.target.checked);
  };
  const overlay =
    opening > 0 &&
    html`
      <${Dialog} key=${opening} title=${t("Keyboard")} onClose=${() => setOpening((now) => (now === opening ? 0 : now))}>
        <dl class="keys">
          ${rows.map(([key, what]) => html`<div key=${key}><dt><kbd>${key}</kbd></dt><dd>${what}</dd></div>`)}
        </dl>
        <label class="check"><input type="checkbox" checked=${on} onChange=${toggle} />${t("Single keys act as shortcuts")}</label>
      <//>
    `;
  return [overlay, open];
}
