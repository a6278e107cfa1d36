// During a call: the keys, and the way out.

import { n, t } from "../../web/js/i18n.js";
import { html, Icon, Since } from "../../web/js/ui.js";

const KEYS = [
  ["1", ""], ["2", "ABC"], ["3", "DEF"],
  ["4", "GHI"], ["5", "JKL"], ["6", "MNO"],
  ["7", "PQRS"], ["8", "TUV"], ["9", "WXYZ"],
  ["*", ""], ["0", "+"], ["#", ""],
];

const STATES = {
  dialled: { icon: "phone-call", word: t("Calling …") },
  menu: { icon: "route", word: t("In the menu") },
  waiting: { icon: "hourglass", word: t("Waiting for an agent") },
  talking: { icon: "phone-call", word: t("Talking") },
  held: { icon: "pause", word: t("On hold") },
  recorded: { icon: "pencil", word: t("Leaving a message") },
  outside: { icon: "phone-call", word: t("Talking to somebody outside") },
};

export const Keypad = ({ phone, press, hangUp }) => {
  const { icon, word } = STATES[phone.state] ?? STATES.menu;
  const began = phone.lines[0]?.at;
  return html`
    <div class="in-call">
      <p class="call-state" data-call=${phone.state}>
        <span role="status"><${Icon} name=${icon} />${word}</span>${began && html`<${Since} at=${began} />`}
      </p>
      <p class="wanted" data-asking=${String(phone.asking)}>
        ${
          phone.asking
            ? phone.keys_so_far > 0
              ? html`<span class="dots" aria-hidden="true">${"•".repeat(phone.keys_so_far)}</span><span class="unseen">${n("{count} key pressed", "{count} keys pressed", phone.keys_so_far)}</span>`
              : t("The centre waits for a key")
            : " "
        }
      </p>
      <ul class="keypad" aria-label=${t("Keys")}>
        ${KEYS.map(
          ([key, letters]) => html`
            <li key=${key}>
              <button type="button" class="key" onClick=${() => press(key)}><b>${key}</b><span aria-hidden="true">${letters || " "}</span></button>
            </li>
          `,
        )}
      </ul>
      <button class="button stop big wide hang-up" onClick=${hangUp}><${Icon} name="phone-off" />${t("Hang up")}<kbd>X</kbd></button>
    </div>
  `;
};
