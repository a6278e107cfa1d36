// The queues now and today, and each one's four service levels.

import { duration, n, number, share, t, timeOfDay } from "../../web/js/i18n.js";
import { Dialog, html, Icon, Since, useState } from "../../web/js/ui.js";
import { Waiting } from "./calls.js";
import { LEVELS, standing } from "./levels.js";

const STANDING_WORDS = { good: t("on target"), warn: t("close to target"), bad: t("below target"), none: t("no calls yet") };
const STANDING_ICONS = { good: "check", warn: "triangle-alert", bad: "triangle-alert", none: null };

const Level = ({ value, target }) => {
  const stands = standing(value, target);
  if (target === null) return html`<span class="level figure" data-stands=${stands}>${share(value)}</span>`;
  return html`
    <span class="level figure" data-stands=${stands} title=${STANDING_WORDS[stands]}>
      ${STANDING_ICONS[stands] && html`<${Icon} name=${STANDING_ICONS[stands]} />`}${share(value)}<span class="unseen">, ${STANDING_WORDS[stands]}</span>
    </span>
  `;
};

const Definitions = ({ onClose }) => html`
  <${Dialog} title=${t("What the service levels mean")} onClose=${onClose}>
    <p class="soft small">
      ${t("A call counts in the quarter of an hour in which its caller began to wait. “In time” is within the threshold of its queue. Which callers are counted is what the four definitions differ in:")}
    </p>
    <dl class="definitions">
      ${Object.values(LEVELS).map(({ name, means, formula }) => html`<div key=${name}><dt>${name}</dt><dd>${means}</dd><dd class="formula">${formula}</dd></div>`)}
    </dl>
  <//>
`;

const Chooser = ({ level, setLevel }) => {
  const [isOpen, setOpen] = useState(false);
  return html`
    <span class="chooser">
      <label>
        <span class="unseen">${t("Definition of service level")}</span>
        <select class="input" value=${level} onChange=${(event) => setLevel(event.target.value)}>
          ${Object.entries(LEVELS).map(([name, words]) => html`<option key=${name} value=${name} selected=${name === level}>${words.name}</option>`)}
        </select>
      </label>
      <button class="button quiet" onClick=${() => setOpen(true)}><${Icon} name="circle-question-mark" />${t("What does this mean?")}</button>
      ${isOpen && html`<${Definitions} onClose=${() => setOpen(false)} />`}
    </span>
  `;
};

export const Queues = ({ floor, level, setLevel, send }) => {
  const [shown, setShown] = useState(null);
  const open = floor.queues.find((queue) => queue.id === shown);
  return html`
  ${open && html`<${Waiting} queue=${open} queues=${floor.queues} send=${send} onClose=${() => setShown(null)} />`}
  <section class="panel queues" aria-labelledby="queues">
    <header>
      <h2 id="queues">${t("Queues")}</h2>
      <${Chooser} level=${level} setLevel=${setLevel} />
    </header>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">${t("Queue")}</th>
            <th scope="col">${t("Waiting")}</th>
            <th scope="col">${t("Longest")}</th>
            <th scope="col" title=${t("Ready now, of those who work for this queue")}>${t("Agents")}</th>
            <th scope="col">${t("Queued")}</th>
            <th scope="col">${t("Answered")}</th>
            <th scope="col">${t("Abandoned")}</th>
            <th scope="col" title=${t("Average speed of answer: the mean wait of answered callers")}>${t("ASA")}</th>
            <th scope="col">${t("Level today")}</th>
            <th scope="col" title=${t("Since {time}", { time: timeOfDay(floor.interval) })}>${t("Since {time}", { time: timeOfDay(floor.interval) })}</th>
          </tr>
        </thead>
        <tbody>
          ${floor.queues.map(
            (queue) => html`
              <tr key=${queue.id}>
                <th scope="row">
                  ${queue.title}
                  <span class="aim">${queue.target === null ? t("no longer in the configuration") : t("{target} in {seconds} s", { target: share(queue.target), seconds: number(queue.threshold_ms / 1000) })}</span>
                </th>
                <td class=${`figure ${queue.waiting + queue.ringing ? "strong" : "nothing"}`}>
                  <button class="inline" title=${t("Who waits, and who left")} aria-label=${t("Who waits, and who left")} onClick=${() => setShown(queue.id)}>
                    ${number(queue.waiting + queue.ringing)}
                  </button>
                  ${queue.ringing > 0 && html`<span class="aside"><${Icon} name="phone-incoming" /><span class="unseen">${n("{count} ringing", "{count} ringing", queue.ringing)}</span></span>`}
                  ${queue.callbacks > 0 && html`<span class="aside" title=${n("{count} to call back", "{count} to call back", queue.callbacks)}><${Icon} name="phone-call" /><span aria-hidden="true">${number(queue.callbacks)}</span><span class="unseen">${n("{count} to call back", "{count} to call back", queue.callbacks)}</span></span>`}
                </td>
                <td>${queue.longest_since === null ? html`<span class="nothing">–</span>` : html`<${Since} at=${queue.longest_since} class="strong" />`}</td>
                <td class="figure">
                  ${number(queue.ready)}<span class="faint"> / ${number(queue.staffed)}</span>
                  ${queue.staffed === 0 && html`<span class="aside bad"><${Icon} name="triangle-alert" /><span class="unseen">${t("nobody works for this queue")}</span></span>`}
                </td>
                <td class="figure">${number(queue.today.queued)}</td>
                <td class="figure">${number(queue.today.answered)}</td>
                <td class="figure">${number(queue.today.abandoned)}</td>
                <td class="figure">${queue.today.asa_ms === null ? "–" : duration(queue.today.asa_ms)}</td>
                <td><${Level} value=${queue.today.service_levels[level]} target=${queue.target} /></td>
                <td><${Level} value=${queue.now.service_levels[level]} target=${queue.target} /></td>
              </tr>
            `,
          )}
        </tbody>
      </table>
    </div>
  </section>
`;
};

export const ServiceLevels = ({ floor, level }) => html`
  <section class="panel queues" aria-labelledby="levels">
    <header><h2 id="levels">${t("Service levels by definition")}</h2></header>
    <div class="scroll">
      <table class="levels">
        <thead>
          <tr>
            <th scope="col">${t("Queue")}</th>
            ${Object.entries(LEVELS).map(([name, words]) => html`<th scope="col" key=${name} aria-current=${name === level ? "true" : null}>${words.name}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${floor.queues.map(
            (queue) => html`
              <tr key=${queue.id}>
                <th scope="row">${queue.title}</th>
                ${Object.keys(LEVELS).map(
                  (name) => html`
                    <td key=${name}>
                      <${Level} value=${queue.today.service_levels[name]} target=${queue.target} />
                      <span class="now faint small figure">${t("now {level}", { level: share(queue.now.service_levels[name]) })}</span>
                    </td>
                  `,
                )}
              </tr>
            `,
          )}
        </tbody>
      </table>
    </div>
  </section>
`;
