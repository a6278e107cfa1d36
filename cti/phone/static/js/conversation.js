// What the caller hears and presses, as a conversation.

import { t, timeOfDay } from "../../web/js/i18n.js";
import { html, Icon, useEffect, useRef } from "../../web/js/ui.js";

const NOTES = {
  queued: { icon: "hourglass", text: () => t("You are in the queue.") },
  music: { icon: "volume-2", text: () => t("Music plays.") },
  disconnected: { icon: "hourglass", text: () => t("The agent is gone again; you keep your place.") },
  parted: { icon: "phone-off", text: () => t("The agent hung up; stay on the line.") },
  tone: { icon: "pencil", text: () => t("A tone: what you say now is recorded, until you press a key or hang up.") },
  held: { icon: "pause", text: () => t("You are on hold; music plays.") },
  retrieved: { icon: "play", text: () => t("The agent is back.") },
};

const ENDED = {
  caller: t("You hung up."),
  agent: t("The agent hung up."),
  centre: t("The centre ended the call."),
  line: t("The line was lost."),
};

const Note = ({ icon, children }) => html`<li class="note-line"><${Icon} name=${icon} />${children}</li>`;

const Line = ({ line }) => {
  switch (line.sound) {
    case "prompt":
      return html`<li class="said centre" lang=${line.language}><p>${line.text}</p><time class="figure">${timeOfDay(line.at)}</time></li>`;
    case "key":
      return html`<li class="said you"><p class="figure"><span class="unseen">${t("You pressed")} </span>${line.text}</p></li>`;
    case "connected":
      return html`<${Note} icon="headset">${t("{agent} is on the line.", { agent: line.text })}<//>`;
    case "outside":
      return html`<${Note} icon="phone-call">${t("{number} outside is on the line.", { number: line.text })}<//>`;
    case "ended":
      return html`<${Note} icon="phone-off">${ENDED[line.text] ?? ENDED.line}<//>`;
    default:
      return NOTES[line.sound] ? html`<${Note} icon=${NOTES[line.sound].icon}>${NOTES[line.sound].text()}<//>` : null;
  }
};

/** Keys pressed one after the other are one thing said. */
const joined = (lines) =>
  lines.reduce((all, line) => {
    const last = all.at(-1);
    if (line.sound === "key" && last?.sound === "key") all[all.length - 1] = { ...last, text: last.text + line.text };
    else all.push(line);
    return all;
  }, []);

export const Conversation = ({ phone }) => {
  const list = useRef(null);
  useEffect(() => {
    if (list.current) list.current.scrollTop = list.current.scrollHeight;
  }, [phone.lines.length]);
  return html`
    <section class="panel conversation" aria-label=${t("What you hear")}>
      ${
        phone.lines.length
          ? html`<ol ref=${list} role="log" aria-live="polite" tabindex="0">${joined(phone.lines).map((line, place) => html`<${Line} key=${place} line=${line} />`)}</ol>`
          : html`<div class="blank">
              <${Icon} name="message-square" />
              <h2>${t("Nothing heard yet")}</h2>
              <p>${t("Call, and read here what a caller would hear. Sit at a desk in another window to answer yourself.")}</p>
            </div>`
      }
    </section>
  `;
};
