// A telephone to try the centre with: what would be heard is read, keys are pressed with the mouse or the keyboard.

import { language, t } from "../../web/js/i18n.js";
import { useHelp, useKeys } from "../../web/js/keys.js";
import { connect } from "../../web/js/socket.js";
import { Health, html, Icon, intoBar, render, useEffect, useNotice, useState } from "../../web/js/ui.js";
import { Conversation } from "./conversation.js";
import { Dialling } from "./dialling.js";
import { Keypad } from "./keypad.js";
import { useVoice } from "./voice.js";

const DIGITS = Object.fromEntries(
  Array.from("0123456789", (digit) => [
    [`Digit${digit}`, digit],
    [`Numpad${digit}`, digit],
  ]).flat(),
);

const Phone = () => {
  const [phone, setPhone] = useState(null);
  const [health, setHealth] = useState("connecting");
  const [send, setSend] = useState(() => () => false);
  const [notices, notify] = useNotice();
  const [voice, toggleVoice] = useVoice(phone);
  const [help, openHelp] = useHelp([
    ["0 – 9 * #", t("Press a key of the phone")],
    ["X", t("Hang up")],
    ["?", t("This list")],
  ]);

  useEffect(() => {
    const talk = connect(
      "/phone/socket",
      (message) => (message.type === "phone" ? setPhone(message) : message.type === "refused" && notify(message.message)),
      setHealth,
    );
    setSend(() => (message) => talk(message) || (notify(t("Not connected. Please try again in a moment.")), false));
  }, []);

  const isOn = phone !== null && phone.state !== "idle" && phone.state !== "ended";
  const press = (key) => send({ type: "key", key });
  const hangUp = () => send({ type: "hang_up" });
  useKeys({
    ...(isOn ? Object.fromEntries(Object.entries(DIGITS).map(([code, key]) => [code, () => press(key)])) : {}),
    KeyX: isOn ? hangUp : null,
    NumpadMultiply: isOn ? () => press("*") : null,
  });
  useEffect(() => {
    if (!isOn) return undefined;
    // Where * and # are depends on the layout, so these two go by their character.
    const pressed = (event) => {
      if ((event.key === "*" || event.key === "#") && !event.repeat && event.code !== "NumpadMultiply") press(event.key);
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, [isOn, send]);

  useEffect(() => {
    intoBar(html`
      <${Health} state=${health} />
      ${
        "speechSynthesis" in window &&
        html`<button class="button quiet" aria-pressed=${String(voice)} onClick=${toggleVoice}>
          <${Icon} name=${voice ? "volume-2" : "volume-x"} />${t("Speak aloud")}
        </button>`
      }
      <button class="button quiet icon-only" title=${t("Keyboard")} aria-label=${t("Keyboard")} onClick=${openHelp}>
        <${Icon} name="keyboard" />
      </button>
    `);
  }, [health, voice]);

  if (!phone) return html`<p class="blank">${t("Opening the phone …")}</p>`;
  return html`
    ${health !== "connected" && html`<p class="stale across" role="status"><${Icon} name="wifi-off" />${t("Not connected")}</p>`}
    <section class="panel handset" aria-label=${t("Phone")}>
      ${isOn ? html`<${Keypad} phone=${phone} press=${press} hangUp=${hangUp} />` : html`<${Dialling} phone=${phone} send=${send} />`}
    </section>
    <${Conversation} phone=${phone} />
    ${notices} ${help}
  `;
};

const place = document.getElementById("phone");
place.replaceChildren();
place.lang = language;
render(html`<${Phone} />`, place);
