// The calls that wait in one queue, what a supervisor can do about them, and how others left it today.

import { number, t } from "../../web/js/i18n.js";
import { Dialog, html, Icon, Since, useState } from "../../web/js/ui.js";

const EXITS = {
  timeout: t("waited too long"),
  full: t("queue full"),
  closed: t("closed"),
  "nobody-staffed": t("nobody at work"),
  "exit-key": t("left by a key"),
  withdrawn: t("taken out"),
  "unknown-agent": t("no such agent"),
  "agent-away": t("agent away"),
  "agent-busy": t("agent busy"),
  "agent-unanswered": t("agent did not answer"),
};

const Row = ({ call, place, queue, queues, send }) => {
  const [to, setTo] = useState("");
  return html`
    <tr>
      <td class="figure">${number(place)}</td>
      <td>
        <${Since} at=${call.since} class="strong" />
        ${call.callback && html` <span class="soft small">${t("to be called back")}</span>`}
      </td>
      <td>
        <span class="chooser">
          <label>
            <span class="unseen">${t("Where to")}</span>
            <select class="input" value=${to} onChange=${(event) => setTo(event.target.value)}>
              <option value="">${t("on in its menu")}</option>
              ${queues.filter((other) => other.id !== queue.id && other.target !== null).map((other) => html`<option key=${other.id} value=${other.id}>${other.title}</option>`)}
            </select>
          </label>
          <button class="button quiet" onClick=${() => send({ type: "withdraw", call: call.id, queue: to })}>
            <${Icon} name="log-out" />${t("Take out")}
          </button>
        </span>
      </td>
    </tr>
  `;
};

export const Waiting = ({ queue, queues, send, onClose }) => {
  const exits = Object.entries(queue.today.exits);
  return html`
    <${Dialog} title=${t("Waiting: {queue}", { queue: queue.title })} onClose=${onClose}>
      ${
        queue.calls.length
          ? html`
              <div class="scroll">
                <table>
                  <thead><tr><th scope="col">${t("Place")}</th><th scope="col">${t("Waits")}</th><th scope="col">${t("Take the call out of this queue")}</th></tr></thead>
                  <tbody>
                    ${queue.calls.map((call, place) => html`<${Row} key=${call.id} call=${call} place=${place + 1} queue=${queue} queues=${queues} send=${send} />`)}
                  </tbody>
                </table>
              </div>
            `
          : html`<p class="soft">${t("Nobody waits.")}</p>`
      }
      <h3>${t("Left without an agent today")}</h3>
      ${
        exits.length
          ? html`<ul class="plain">${exits.map(([why, count]) => html`<li key=${why}>${EXITS[why] ?? why}: <b class="figure">${number(count)}</b></li>`)}</ul>`
          : html`<p class="soft">${t("Nobody.")}</p>`
      }
    <//>
  `;
};
