// Who does what, and for how long.

import { number, share, t } from "../../web/js/i18n.js";
import { html, Icon, Since, STATES, StateBadge } from "../../web/js/ui.js";

const ORDER = ["offered", "talking", "hold", "wrap-up", "ready", "not-ready", "logged-out"];

/** On a wall a first name is enough. */
const onTheWall = (name) => name.split(/\s+/).map((part, place) => (place ? `${part[0]}.` : part)).join(" ");

export const Agents = ({ floor, isBig }) => {
  const shown = floor.agents
    .filter((agent) => !isBig || agent.state !== "logged-out")
    .sort((one, other) => ORDER.indexOf(one.state) - ORDER.indexOf(other.state) || one.since - other.since);
  const counts = ORDER.map((state) => [state, floor.agents.filter((agent) => agent.state === state).length]);
  return html`
    <section class="panel agents" aria-labelledby="agents">
      <header>
        <h2 id="agents">${t("Agents")}</h2>
        ${!isBig && html`<span class="faint">${t("time, calls · occupancy")}</span>`}
      </header>
      <ul class="counts" aria-label=${t("Agents by state")}>
        ${counts
          .filter(([, count]) => count)
          .map(([state, count]) => html`<li key=${state}><${StateBadge} state=${state}>${STATES[state].word} <b class="figure">${number(count)}</b><//></li>`)}
      </ul>
      <ul class="roster">
        ${shown.map(
          (agent) => html`
            <li key=${agent.id} data-state=${agent.state}>
              <span class="mark"><${Icon} name=${STATES[agent.state].icon} /></span>
              <span class="name">
                <b>${isBig ? onTheWall(agent.name) : agent.name}</b>
                <span class="what">${[STATES[agent.state].word, agent.reason_title || agent.queue_title].filter(Boolean).join(" · ")}</span>
              </span>
              ${
                agent.state !== "logged-out" &&
                html`
                  <span class="times">
                    <${Since} at=${agent.since} class="timer" />
                    <span class="spent figure">${number(agent.handled)} · ${share(agent.occupancy)}</span>
                  </span>
                `
              }
            </li>
          `,
        )}
      </ul>
    </section>
  `;
};
