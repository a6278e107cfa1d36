// The floor: everything as it is now, and nothing that one cannot act upon within a quarter of an hour.

import { t } from "../../web/js/i18n.js";
import { useHelp, useKeys } from "../../web/js/keys.js";
import { connect } from "../../web/js/socket.js";
import { Health, html, Icon, intoBar, render, useEffect, useNotice, useState } from "../../web/js/ui.js";
import { Agents } from "./agents.js";
import { Lines } from "./lines.js";
import { Queues, ServiceLevels } from "./queues.js";
import { LEVELS, useLevel } from "./levels.js";
import { Tiles } from "./tiles.js";

const Floor = () => {
  const [floor, setFloor] = useState(null);
  const [health, setHealth] = useState("connecting");
  const [send, setSend] = useState(() => () => false);
  const [notices, notify] = useNotice();
  const [isBig, setBig] = useState(new URLSearchParams(location.search).has("big"));
  const [level, setLevel] = useLevel();
  const [help, openHelp] = useHelp([
    ["B", t("Big screen, and back")],
    ["S", t("The next definition of service level")],
    ["?", t("This list")],
  ]);

  useEffect(() => {
    const talk = connect(
      "/floor/socket",
      (message) => {
        if (message.type === "floor") setFloor(message);
        if (message.type === "refused") notify(message.message);
      },
      setHealth,
    );
    setSend(() => (message) => talk(message) || notify(t("Not connected. Please try again in a moment.")));
  }, []);
  useEffect(() => {
    document.body.classList.toggle("big-screen", isBig);
    history.replaceState(null, "", isBig ? "?big" : location.pathname);
  }, [isBig]);
  const nextLevel = () => {
    const names = Object.keys(LEVELS);
    setLevel(names[(names.indexOf(level) + 1) % names.length]);
  };
  useKeys({ KeyB: () => setBig((was) => !was), KeyS: nextLevel, Escape: isBig ? () => setBig(false) : null });

  useEffect(() => {
    intoBar(html`
      <${Health} state=${health} />
      <button class="button quiet" aria-pressed=${String(isBig)} onClick=${() => setBig((was) => !was)}>
        <${Icon} name=${isBig ? "minimize" : "maximize"} />${t("Big screen")}
      </button>
      <button class="button quiet icon-only" title=${t("Keyboard")} aria-label=${t("Keyboard")} onClick=${openHelp}>
        <${Icon} name="keyboard" />
      </button>
    `);
  }, [health, isBig]);

  if (!floor) return html`<p class="blank">${t("Opening the floor …")}</p>`;
  return html`
    ${health !== "connected" &&
    html`<p class="stale across" role="status"><${Icon} name="wifi-off" />${t("Not connected: these figures are old.")}</p>`}
    ${floor.troubles.map(
      (trouble) => html`<p class="stale across" role="alert" key=${trouble}><${Icon} name="triangle-alert" />${trouble}</p>`,
    )}
    <${Tiles} floor=${floor} level=${level} />
    <div class="columns">
      <div class="left">
        <${Queues} floor=${floor} level=${level} setLevel=${setLevel} send=${send} />
        <${Lines} trend=${floor.trend} isBig=${isBig} />
        ${!isBig && html`<${ServiceLevels} floor=${floor} level=${level} />`}
      </div>
      <${Agents} floor=${floor} isBig=${isBig} />
    </div>
    ${notices}
    ${help}
  `;
};

const place = document.getElementById("floor");
place.replaceChildren();
render(html`<${Floor} />`, place);
