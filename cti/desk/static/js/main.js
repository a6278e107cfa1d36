// The desk: what the server says is shown as it is; what the agent wants is sent as it is.

import { t } from "../../web/js/i18n.js";
import { useHelp, useKeys } from "../../web/js/keys.js";
import { connect } from "../../web/js/socket.js";
import { Health, html, Icon, intoBar, render, useEffect, useNotice, useState } from "../../web/js/ui.js";
import { Card } from "./card.js";
import { Idle } from "./idle.js";
import { Ring, useSound } from "./ring.js";
import { StatePanel } from "./state-panel.js";

const Desk = () => {
  const [desk, setDesk] = useState(null);
  const [health, setHealth] = useState("connecting");
  const [send, setSend] = useState(() => () => false);
  const [notices, notify] = useNotice();
  const [sound, toggleSound] = useSound();
  const [help, openHelp] = useHelp([
    ["R", t("Ready")],
    ["N", t("Not ready: go to the reasons")],
    ["A", t("Accept the call")],
    ["D", t("Decline the call")],
    ["H", t("Hold and retrieve")],
    ["X", t("Hang up")],
    ["1 – 9", t("Choose the result of the call")],
    ["Alt + 1 – 9", t("The same while writing the note")],
    ["O", t("Write the note")],
    ["M", t("More time to wrap up")],
    ["Ctrl + Enter", t("Finish the wrap-up")],
    ["?", t("This list")],
  ]);

  useEffect(() => {
    const talk = connect(
      "/desk/socket",
      (message) => {
        if (message.type === "desk") setDesk(message);
        else if (message.type === "signed_out") {
          sessionStorage.clear();
          location.assign("/sign-in?next=/desk");
        }
        if (message.type === "refused") notify(message.message);
      },
      setHealth,
    );
    setSend(() => (message) => {
      const sent = talk(message);
      if (!sent) notify(t("Not connected. Please try again in a moment."));
      return sent;
    });
  }, []);

  useKeys({
    KeyR: () => send({ type: "ready" }),
    KeyN: () => document.querySelector(".reasons button")?.focus(),
  });

  useEffect(() => {
    intoBar(html`
      <${Health} state=${health} />
      <button class="button quiet icon-only" aria-pressed=${String(sound)} title=${t("Sound when a call rings")} aria-label=${t("Sound when a call rings")} onClick=${toggleSound}>
        <${Icon} name=${sound ? "bell" : "bell-off"} />
      </button>
      <button class="button quiet icon-only" title=${t("Keyboard")} aria-label=${t("Keyboard")} onClick=${openHelp}>
        <${Icon} name="keyboard" />
      </button>
    `);
  }, [health, sound]);

  if (!desk) return html`<p class="blank">${t("Opening your desk …")}</p>`;
  return html`
    ${health !== "connected" &&
    html`<p class="stale across" role="status"><${Icon} name="wifi-off" />${t("Not connected: what you see may be out of date. Your calls go on.")}</p>`}
    <${StatePanel} desk=${desk} send=${send} />
    <section class="work" aria-label=${t("Your call")}>
      ${desk.call ? html`<${Card} key=${desk.call.id} desk=${desk} send=${send} />` : html`<${Idle} desk=${desk} />`}
    </section>
    <${Ring} desk=${desk} sound=${sound} />
    ${notices} ${help}
  `;
};

const place = document.getElementById("desk");
place.replaceChildren();
render(html`<${Desk} />`, place);
