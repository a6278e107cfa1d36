// The headline figures, each with what it is held against, and a word for how it stands.

import { duration, n, number, share, t } from "../../web/js/i18n.js";
import { html, Icon, useServerNow } from "../../web/js/ui.js";
import { LEVELS, overall, overallTarget, standing } from "./levels.js";

const WORDS = {
  good: { icon: "circle-check", word: t("On target") },
  warn: { icon: "triangle-alert", word: t("Close to the limit") },
  bad: { icon: "triangle-alert", word: t("Needs somebody now") },
  none: { icon: "circle-dot", word: t("Nothing yet") },
};

const Tile = ({ label, value, stands, word, under }) => html`
  <li class="tile panel" data-stands=${stands}>
    <p class="label">${label}</p>
    <p class="value figure">${value}</p>
    <p class="stands"><${Icon} name=${WORDS[stands].icon} />${word ?? WORDS[stands].word}</p>
    <p class="under">${under}</p>
  </li>
`;

const sum = (queues, count) => queues.reduce((total, queue) => total + count(queue), 0);

const LongestWait = ({ queues }) => {
  const now = useServerNow();
  const waiting = queues.filter((queue) => queue.longest_since !== null);
  if (!waiting.length) {
    return html`<${Tile} label=${t("Longest wait")} value="0:00" stands="good" word=${t("Nobody waits")} under=${t("in no queue")} />`;
  }
  const worst = waiting.reduce((one, other) => (other.longest_since < one.longest_since ? other : one));
  const wait = now - worst.longest_since;
  const stands = wait <= worst.threshold_ms ? "good" : wait <= 2 * worst.threshold_ms ? "warn" : "bad";
  const under = t("{queue}, limit {limit}", { queue: worst.title, limit: duration(worst.threshold_ms) });
  return html`<${Tile} label=${t("Longest wait")} value=${duration(wait)} stands=${stands} under=${under} />`;
};

export const Tiles = ({ floor, level }) => {
  const { queues, agents } = floor;
  const waiting = sum(queues, (queue) => queue.waiting + queue.ringing);
  const ready = agents.filter((agent) => agent.state === "ready").length;
  const signedIn = agents.filter((agent) => agent.state !== "logged-out").length;
  const answered = sum(queues, (queue) => queue.today.answered);
  const abandoned = sum(queues, (queue) => queue.today.abandoned);
  const lost = answered + abandoned ? abandoned / (answered + abandoned) : null;
  const reached = overall(queues, level);
  const target = overallTarget(queues);
  const unserved = queues.some((queue) => queue.waiting > 0 && queue.staffed === 0);
  const asa = sum(queues, (queue) => (queue.today.asa_ms ?? 0) * queue.today.answered);
  return html`
    <ul class="tiles">
      <${Tile}
        label=${t("Callers waiting")}
        value=${number(waiting)}
        stands=${unserved ? "bad" : waiting === 0 ? "good" : waiting > signedIn ? "bad" : waiting > ready ? "warn" : "good"}
        word=${unserved ? t("A queue without agents") : waiting === 0 ? t("Nobody waits") : waiting > ready ? t("More callers than free agents") : t("Being rung through")}
        under=${n("{count} more in the menu", "{count} more in the menu", floor.in_menu)}
      />
      <${LongestWait} queues=${queues} />
      <${Tile}
        label=${t("Service level today")}
        value=${share(reached)}
        stands=${standing(reached, target)}
        word=${{ warn: t("Close to target"), bad: t("Below target") }[standing(reached, target)]}
        under=${t("target {target} · {definition}", { target: share(target), definition: LEVELS[level].name })}
      />
      <${Tile}
        label=${t("Answered today")}
        value=${number(answered)}
        stands=${answered ? "good" : "none"}
        word=${answered ? t("after {wait} on average", { wait: duration(asa / answered) }) : undefined}
        under=${n("of {count} call queued", "of {count} calls queued", sum(queues, (queue) => queue.today.queued))}
      />
      <${Tile}
        label=${t("Abandoned today")}
        value=${number(abandoned)}
        stands=${lost === null ? "none" : lost <= 0.05 ? "good" : lost <= 0.1 ? "warn" : "bad"}
        word=${lost === null ? undefined : lost <= 0.05 ? t("Few") : lost <= 0.1 ? t("Rather many") : t("Too many")}
        under=${t("{share} of callers, limit {limit}", { share: share(lost), limit: share(0.05) })}
      />
      <${Tile}
        label=${t("Agents ready")}
        value=${number(ready)}
        stands=${ready > 0 ? "good" : waiting > 0 ? "bad" : "warn"}
        word=${ready > 0 ? t("Free to take calls") : t("Nobody is free")}
        under=${n("of {count} signed in", "of {count} signed in", signedIn)}
      />
    </ul>
  `;
};
