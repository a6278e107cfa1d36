// Before a call: who calls, from which number.

import { t } from "../../web/js/i18n.js";
import { html, Icon, useState } from "../../web/js/ui.js";

const STORE = "holdless-phone";
const samples = Array.from(document.querySelectorAll("#samples option"), (option) => ({ number: option.value, name: option.textContent }));

const lastTime = () => {
  try {
    return JSON.parse(sessionStorage.getItem(STORE)) ?? {};
  } catch {
    return {};
  }
};

export const Dialling = ({ phone, send }) => {
  const [number, setNumber] = useState(lastTime().number ?? samples[0]?.number ?? "");
  const [name, setName] = useState(lastTime().name ?? "");
  const dial = (event) => {
    event.preventDefault();
    sessionStorage.setItem(STORE, JSON.stringify({ number, name }));
    send({ type: "dial", number, name });
  };
  return html`
    <form class="dialling" onSubmit=${dial}>
      <h2>${phone.state === "ended" ? t("Call again") : t("Call the centre")}</h2>
      <label class="field">
        <span>${t("Your number")}</span>
        <input class="input figure" type="tel" list="samples" maxlength="40" autocomplete="off" value=${number} placeholder=${t("empty: withheld")} onInput=${(event) => setNumber(event.target.value)} />
      </label>
      <label class="field">
        <span>${t("Your name, as the network shows it")}</span>
        <input class="input" maxlength="200" autocomplete="off" value=${name} placeholder=${t("may stay empty")} onInput=${(event) => setName(event.target.value)} />
      </label>
      <button class="button go big wide"><${Icon} name="phone" />${t("Call")}</button>
      ${
        samples.length > 0 &&
        html`
          <div class="samples">
            <p class="label">${t("Customers of this centre")}</p>
            <ul>
              ${samples.map(
                (sample) => html`
                  <li key=${sample.number}>
                    <button type="button" class="sample" aria-pressed=${String(sample.number === number)} onClick=${() => setNumber(sample.number)}>
                      <b>${sample.name || sample.number}</b><span class="figure">${sample.number}</span>
                    </button>
                  </li>
                `,
              )}
            </ul>
          </div>
        `
      }
    </form>
  `;
};
