// Between calls: what one waits for.

import { n, t } from "../../web/js/i18n.js";
import { html, Icon, Since } from "../../web/js/ui.js";

const WORDS = {
  ready: { icon: "headset", title: t("You are ready"), text: t("The next call comes up here, with who is calling and why.") },
  "not-ready": { icon: "coffee", title: t("You are not ready"), text: t("No calls come to you. Press R when you want them again.") },
};

export const Idle = ({ desk }) => {
  const words = WORDS[desk.agent.state] ?? WORDS.ready;
  return html`
    <div class="panel idle">
      <div class="blank">
        <${Icon} name=${words.icon} />
        <h2>${words.title}</h2>
        <p>${words.text}</p>
      </div>
      <div class="my-queues">
        <h3>${t("Your queues")}</h3>
        <ul>
          ${desk.queues.map(
            (queue) => html`
              <li key=${queue.id}>
                <b>${queue.title}</b>
                ${
                  queue.waiting
                    ? html`<span class="badge warn"><${Icon} name="hourglass" />${n("{count} caller waiting", "{count} callers waiting", queue.waiting)}</span>
                        ${queue.longest_since && html`<span class="soft small">${t("longest")} <${Since} at=${queue.longest_since} /></span>`}`
                    : html`<span class="badge good"><${Icon} name="check" />${t("Nobody waits")}</span>`
                }
              </li>
            `,
          )}
        </ul>
      </div>
    </div>
  `;
};
