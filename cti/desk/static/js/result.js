// What came of the call: result and note. Both go to the server while they are being made, so that neither a reload, nor
// another tab, nor a wrap-up that runs out loses them; until the server has them they are in this tab's own store.

import { t } from "../../web/js/i18n.js";
import { useKeys } from "../../web/js/keys.js";
import { html, Icon, useEffect, useRef, useState } from "../../web/js/ui.js";

const SEND_AFTER_MS = 400;
const storeKey = (call) => `holdless-draft:${call.id}`;

const kept = (call) => {
  try {
    return JSON.parse(sessionStorage.getItem(storeKey(call)));
  } catch {
    return null;
  }
};

/** The result and note of a call as they are being made: [{disposition, note}, change(part)]. */
export function useDraft(call, send) {
  const theirs = { disposition: call.disposition, note: call.note };
  const [draft, setDraft] = useState(() => kept(call) ?? theirs);
  const timer = useRef(0);
  const same = (one, other) => one.disposition === other.disposition && one.note === other.note;
  const hasCard = call.answered_at !== null;

  const say = (next) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => send({ type: "note", call: call.id, ...next }), SEND_AFTER_MS);
  };
  useEffect(() => {
    if (hasCard && !same(draft, theirs)) say(draft);
    return () => clearTimeout(timer.current);
  }, [hasCard]);
  useEffect(() => {
    // The server has something else: another tab wrote it, unless it is just behind this tab's own unsent change.
    const mine = kept(call);
    if (mine && same(mine, theirs)) sessionStorage.removeItem(storeKey(call));
    else if (!mine) setDraft(theirs);
  }, [call.disposition, call.note]);

  const change = (part) => {
    const next = { ...draft, ...part };
    setDraft(next);
    sessionStorage.setItem(storeKey(call), JSON.stringify(next));
    say(next);
  };
  const forget = () => {
    clearTimeout(timer.current);
    sessionStorage.removeItem(storeKey(call));
  };
  return { ...draft, change, forget };
}

/** What ends the wrap-up, or puts its end off. It stands where the other actions on the call stood. */
export const Finish = ({ desk, draft, send }) => {
  const { call, agent } = desk;
  const finish = () => {
    if (send({ type: "wrap_up_done", call: call.id, disposition: draft.disposition, note: draft.note })) draft.forget();
  };
  const more = () => send({ type: "extend_wrap_up" });
  useKeys({ KeyM: agent.until ? more : null, "Ctrl+Enter": finish });
  return html`
    <div class="actions">
      <button class="button primary big" onClick=${finish}><${Icon} name="check" />${t("Save and finish")}<kbd>Ctrl ↵</kbd></button>
      ${agent.until && html`<button class="button big" onClick=${more}><${Icon} name="timer" />${t("More time")}<kbd>M</kbd></button>`}
    </div>
  `;
};

export const Result = ({ desk, draft }) => {
  const { dispositions } = desk;
  const note = useRef(null);
  const choose = (code) => draft.change({ disposition: draft.disposition === code ? "" : code });
  const keys = { KeyO: () => note.current.focus() };
  dispositions.slice(0, 9).forEach(({ code }, place) => {
    keys[`Digit${place + 1}`] = keys[`Alt+Digit${place + 1}`] = () => choose(code);
  });
  useKeys(keys);
  return html`
    <section class="block result" aria-labelledby="result">
      <h3 id="result">${t("What came of it")}</h3>
      <ul class="dispositions">
        ${dispositions.map(
          ({ code, title }, place) => html`
            <li key=${code}>
              <button class="button wide" aria-pressed=${String(draft.disposition === code)} onClick=${() => choose(code)}>
                ${draft.disposition === code && html`<${Icon} name="check" />`}${title}${place < 9 && html`<kbd>${place + 1}</kbd>`}
              </button>
            </li>
          `,
        )}
      </ul>
      <label class="field">
        <span>${t("Note")} <kbd>O</kbd></span>
        <textarea
          class="input"
          ref=${note}
          rows="6"
          maxlength="4000"
          placeholder=${t("For whoever talks to this caller next")}
          value=${draft.note}
          onInput=${(event) => draft.change({ note: event.target.value })}
        ></textarea>
      </label>
      <p class="soft small">${t("Saved as you write, even if the time runs out.")}</p>
    </section>
  `;
};
