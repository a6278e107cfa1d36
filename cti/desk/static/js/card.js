// The call card: who is calling, why, how long they waited, what was before. It comes with the ring and stays until the
// wrap-up is done. Everything on it was typed by somebody else, and is text.

import { duration, moment, n, t } from "../../web/js/i18n.js";
import { useKeys } from "../../web/js/keys.js";
import { html, Icon, Runway, Since, Until, useEffect, useState } from "../../web/js/ui.js";
import { Finish, Result, useDraft } from "./result.js";

const Copy = ({ text }) => {
  const [done, setDone] = useState(false);
  if (!navigator.clipboard) return null; // only where the page came by https, or from this machine
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setDone(true);
    setTimeout(() => setDone(false), 1500);
  };
  return html`
    <button class="button quiet icon-only" aria-label=${t("Copy the number")} title=${t("Copy the number")} onClick=${copy}>
      <${Icon} name=${done ? "check" : "copy"} />
    </button>
  `;
};

const TIERS = { gold: "gold" };
const capital = (text) => text.charAt(0).toLocaleUpperCase() + text.slice(1);

// A customer who wanted to be called back: dialled after you answer, or on the line already.
const callback = ({ attempt, booked_at, is_there }) =>
  [
    is_there ? t("Called back") : t("Call back"),
    booked_at !== null && t("booked for {time}", { time: moment(booked_at) }),
    attempt > 1 && t("attempt {number}", { number: attempt }),
  ]
    .filter(Boolean)
    .join(" · ");

const Who = ({ call }) => html`
  <div class="who-calls">
    <h2 class="caller">${call.name || (call.number ? call.number_for_people : t("Unknown caller"))}</h2>
    <p class="number">
      ${
        call.number
          ? html`<span class="figure">${call.number_for_people}</span><${Copy} text=${call.number} />`
          : html`<span class="soft">${t("Number withheld")}</span>`
      }
    </p>
    <p class="badges">
      ${
        call.is_known
          ? html`<span class="badge good"><${Icon} name="user-check" />${t("Known customer")}</span>`
          : html`<span class="badge"><${Icon} name="user-round-x" />${t("Not in the records")}</span>`
      }
      ${call.customer.tier && html`<span class=${`badge ${TIERS[call.customer.tier] ?? ""}`}><${Icon} name="star" />${capital(call.customer.tier)}</span>`}
      <span class="badge"><${Icon} name="globe" />${call.language_name}</span>
      ${call.callback && html`<span class="badge"><${Icon} name="phone-call" />${callback(call.callback)}</span>`}
      ${call.is_recorded && html`<span class="badge"><${Icon} name="circle-dot" />${t("Recorded")}</span>`}
      ${call.offers_before > 0 && html`<span class="badge warn"><${Icon} name="phone-missed" />${n("Rang at {count} agent before", "Rang at {count} agents before", call.offers_before)}</span>`}
    </p>
  </div>
`;

const Waited = ({ call }) => {
  if (call.queued_at === null) return null;
  const over = call.answered_at ?? call.ended_at;
  return html`
    <div class="waited">
      <span class="label">${over ? t("Waited") : t("Waiting for")}</span>
      ${over ? html`<span class="figure clock">${duration(over - call.queued_at)}</span>` : html`<${Since} at=${call.queued_at} class="clock" />`}
    </div>
  `;
};

const Why = ({ call }) => html`
  <section class="block" aria-labelledby="why">
    <h3 id="why">${t("Why they call")}</h3>
    <p class="queue-name">${call.queue_title}</p>
    ${
      call.path.length > 0 &&
      html`<ol class="path" aria-label=${t("What they chose in the menu")}>
        ${call.path.map((label, place) => html`<li key=${place}>${label}</li>`)}
      </ol>`
    }
    ${
      call.entries.length > 0 &&
      html`<dl class="entries">
        ${call.entries.map(({ label, value }, place) => html`<div key=${place}><dt>${label}</dt><dd class="figure">${value}</dd></div>`)}
      </dl>`
    }
  </section>
`;

const Customer = ({ call }) => {
  const { note, more } = call.customer;
  if (!call.is_known) return null;
  return html`
    <section class="block" aria-labelledby="customer">
      <h3 id="customer">${t("Customer record")}</h3>
      ${note && html`<p class="remark"><${Icon} name="message-square" />${note}</p>`}
      ${
        more.length > 0 &&
        html`<dl class="entries">
          ${more.map(({ label, value }) => html`<div key=${label}><dt>${capital(label)}</dt><dd>${value}</dd></div>`)}
        </dl>`
      }
    </section>
  `;
};

const OUTCOMES = {
  answered: t("Answered"),
  abandoned: t("Gave up waiting"),
  "left-in-menu": t("Left in the menu"),
  "self-served": t("Served by the menu"),
  timeout: t("Nobody answered in time"),
  full: t("The queue was full"),
  closed: t("The queue was closed"),
  "nobody-staffed": t("Nobody was at work"),
  "exit-key": t("Left the queue by a key"),
  withdrawn: t("Taken out of the queue"),
  released: t("Could not be served"),
  voicemail: t("Left a message"),
  transferred: t("Connected outside"),
  "transfer-failed": t("Transfer came to nothing"),
  lost: t("Line lost"),
  callback: t("Wanted to be called back"),
  "callback-failed": t("Not reached by a call back"),
  "callback-dropped": t("Call back not needed any more"),
};

const History = ({ history }) => html`
  <section class="block history" aria-labelledby="history">
    <h3 id="history">${t("Last contacts")}</h3>
    ${history === null && html`<p class="soft small" role="status">${t("Looking them up …")}</p>`}
    ${history?.length === 0 && html`<p class="soft small">${t("None that we know of.")}</p>`}
    <ol>
      ${history?.map(
        (contact, place) => html`
          <li key=${place}>
            <p class="head">
              <b>${contact.queue_title || OUTCOMES[contact.outcome] || contact.outcome}</b>
              <time class="figure soft small">${moment(contact.at)}</time>
            </p>
            <p class="small soft">
              ${contact.agent_name && html`<span>${contact.agent_name}</span> · `}${contact.disposition_title || OUTCOMES[contact.outcome] || contact.outcome}
            </p>
            ${contact.note && html`<p class="past-note">${contact.note}</p>`}
          </li>
        `,
      )}
    </ol>
  </section>
`;

const HEADINGS = {
  offered: { icon: "phone-incoming", word: t("Incoming call") },
  talking: { icon: "phone-call", word: t("On the call") },
  hold: { icon: "pause", word: t("Caller on hold") },
  "wrap-up": { icon: "pencil", word: t("Wrap-up") },
};

const ENDED_BY = { caller: t("The caller hung up"), agent: t("You hung up"), line: t("The line was lost") };

const CallTimer = ({ call, agent }) => {
  switch (agent.state) {
    case "offered":
      return call.ring_until && html`<span class="soft-on">${t("rings for")}</span><${Until} at=${call.ring_until} />`;
    case "hold":
      return html`<${Since} at=${call.held_since ?? agent.since} />`;
    case "wrap-up":
      return html`<span class="soft-on">${ENDED_BY[call.ended_by] ?? ""}</span>${agent.until && html`<${Until} at=${agent.until} />`}`;
    default:
      return html`<${Since} at=${call.answered_at ?? agent.since} />`;
  }
};

const Actions = ({ call, agent, send }) => {
  const [asked, setAsked] = useState(false);
  useEffect(() => setAsked(false), [agent.state, call.offered_at]);
  const accept = () => send({ type: "accept" }) && setAsked(true);
  const rings = agent.state === "offered";
  const talks = agent.state === "talking" || agent.state === "hold";
  const toggleHold = () => send({ type: agent.state === "hold" ? "retrieve" : "hold" });
  useKeys({
    KeyA: rings && call.can.pick_up && !asked ? accept : null,
    KeyD: rings ? () => send({ type: "decline" }) : null,
    KeyH: talks && call.can.hold ? toggleHold : null,
    KeyX: talks ? () => send({ type: "hang_up" }) : null,
  });
  if (rings) {
    return html`
      <div class="actions">
        ${
          call.can.pick_up
            ? html`<button class="button go big" disabled=${asked} onClick=${accept}><${Icon} name="phone" />${asked ? t("Connecting …") : t("Accept")}<kbd>A</kbd></button>`
            : html`<p class="on-the-phone"><${Icon} name="phone" />${t("Answer on your phone")}</p>`
        }
        <button class="button stop big" onClick=${() => send({ type: "decline" })}><${Icon} name="x" />${t("Decline")}<kbd>D</kbd></button>
      </div>
    `;
  }
  if (!talks) return null;
  return html`
    <div class="actions">
      ${
        call.can.hold &&
        html`<button class="button big" aria-pressed=${String(agent.state === "hold")} onClick=${toggleHold}>
          <${Icon} name=${agent.state === "hold" ? "play" : "pause"} />${agent.state === "hold" ? t("Retrieve") : t("Hold")}<kbd>H</kbd>
        </button>`
      }
      <button class="button stop big" onClick=${() => send({ type: "hang_up" })}><${Icon} name="phone-off" />${t("Hang up")}<kbd>X</kbd></button>
    </div>
  `;
};

export const Card = ({ desk, send }) => {
  const { call, agent, history } = desk;
  const draft = useDraft(call, send);
  const heading = HEADINGS[agent.state] ?? HEADINGS.talking;
  const rings = agent.state === "offered";
  return html`
    <article class="panel card" data-state=${agent.state} aria-label=${t("Call card")}>
      <header class="card-head">
        <span class="word"><${Icon} name=${heading.icon} />${heading.word}</span>
        <span class="queue">${call.queue_title}</span>
        <span class="time"><${CallTimer} call=${call} agent=${agent} /></span>
        ${rings && call.ring_until && html`<${Runway} from=${call.offered_at ?? agent.since} until=${call.ring_until} />`}
        ${agent.state === "wrap-up" && agent.until && html`<${Runway} from=${agent.since} until=${agent.until} />`}
      </header>
      <div class="card-top">
        <${Who} call=${call} />
        <${Waited} call=${call} />
        ${
          agent.state === "wrap-up"
            ? html`<${Finish} desk=${desk} draft=${draft} send=${send} />`
            : html`<${Actions} call=${call} agent=${agent} send=${send} />`
        }
      </div>
      <div class="card-body">
        <div class="column">
          <${Why} call=${call} />
          <${Customer} call=${call} />
          ${!rings && html`<${History} history=${history} />`}
        </div>
        <div class="column">
          ${rings ? html`<${History} history=${history} />` : html`<${Result} desk=${desk} draft=${draft} />`}
        </div>
      </div>
    </article>
  `;
};
