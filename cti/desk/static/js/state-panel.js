// One's own state: what it is, for how long, and what it is to be, now or after the call in hand.

import { duration, number, t } from "../../web/js/i18n.js";
import { html, Icon, Since, STATES, Until } from "../../web/js/ui.js";

const WITH_A_CALL = ["offered", "talking", "hold", "wrap-up"];
const REASON_ICONS = { break: "coffee", lunch: "timer", training: "landmark", "back-office": "pencil" };

const initials = (name) =>
  name
    .split(/\s+/)
    .map((part) => part[0])
    .slice(0, 2)
    .join("")
    .toUpperCase();

const Timer = ({ agent }) =>
  agent.state === "wrap-up" && agent.until
    ? html`<${Until} at=${agent.until} class="clock" /><span class="small">${t("left to wrap up")}</span>`
    : html`<${Since} at=${agent.since} class="clock" />`;

const NextWord = ({ next }) => {
  if (next.state === "logged-out") return t("After this call you are signed out.");
  return t("After this call: {reason}", { reason: next.reason_title });
};

export const StatePanel = ({ desk, send }) => {
  const { agent, reasons, day } = desk;
  const busy = WITH_A_CALL.includes(agent.state);
  // What is chosen: the present state, or during a call the one after it.
  const wanted = busy ? (agent.next ?? { state: "ready" }) : agent;
  const isReady = wanted.state === "ready";
  return html`
    <aside class="me" aria-label=${t("Your state")}>
      <div class="panel">
        <div class="who-i-am">
          <span class="face" aria-hidden="true">${initials(agent.name)}</span>
          <b>${agent.name}</b>
        </div>
        <div class="state-now" data-state=${agent.state}>
          <span class="word" role="status"><${Icon} name=${STATES[agent.state].icon} />${STATES[agent.state].word}</span>
          ${agent.reason_title && html`<span class="reason">${agent.reason_title}</span>`}
          <span class="time"><${Timer} agent=${agent} /></span>
        </div>
        <div class="wishes">
          <p class="label">${busy ? t("After this call") : t("Change to")}</p>
          <button class="button wide ready-button" aria-pressed=${String(isReady)} onClick=${() => send({ type: "ready" })}>
            <${Icon} name="circle-check" />${t("Ready")}<kbd>R</kbd>
          </button>
          <p class="label" id="reasons-label">${t("Not ready")} <kbd>N</kbd></p>
          <ul class="reasons" aria-labelledby="reasons-label">
            ${reasons.map(
              ({ code, title }) => html`
                <li key=${code}>
                  <button
                    class="button wide"
                    aria-pressed=${String(wanted.state === "not-ready" && wanted.reason === code)}
                    onClick=${() => send({ type: "not_ready", reason: code })}
                  >
                    <${Icon} name=${REASON_ICONS[code] ?? "clock"} />${title}
                  </button>
                </li>
              `,
            )}
          </ul>
          ${busy && agent.next && html`<p class="small soft" role="status"><${NextWord} next=${agent.next} /></p>`}
        </div>
      </div>
      <dl class="panel day" aria-label=${t("Your day")}>
        <div><dt>${t("Calls today")}</dt><dd class="figure">${number(day.handled)}</dd></div>
        <div>
          <dt title=${t("Average handling time: talking, hold and wrap-up over calls")}>${t("Average time")}</dt>
          <dd class="figure">${day.aht_ms === null ? "–" : duration(day.aht_ms)}</dd>
        </div>
        <div><dt>${t("Missed")}</dt><dd class="figure">${number(day.missed)}</dd></div>
      </dl>
      <button class="button quiet sign-out" aria-pressed=${String(busy && agent.next?.state === "logged-out")} onClick=${() => send({ type: "sign_out" })}>
        <${Icon} name="log-out" />${busy ? t("Sign out after this call") : t("Sign out")}
      </button>
    </aside>
  `;
};
