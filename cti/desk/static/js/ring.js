// How a ringing call makes itself known: spoken by screen readers, in the tab's title, and by a chime where sound is on.

import { t } from "../../web/js/i18n.js";
import { html, useEffect, useState } from "../../web/js/ui.js";

const STORE = "holdless-sound";
const EVERY_MS = 2800;
const plainTitle = document.title;

let audio = null;

// Browsers let a page sound only after the person has touched it; until then the chime is silent, never late.
const wake = () => {
  audio ??= new AudioContext();
  if (audio.state === "suspended") audio.resume();
};
addEventListener("pointerdown", wake);
addEventListener("keydown", wake);

function chime() {
  if (audio?.state !== "running") return;
  [659.25, 830.61, 987.77].forEach((frequency, place) => {
    const start = audio.currentTime + place * 0.16;
    const tone = new OscillatorNode(audio, { frequency, type: "sine" });
    const volume = new GainNode(audio, { gain: 0 });
    volume.gain.setValueAtTime(0, start);
    volume.gain.linearRampToValueAtTime(0.14, start + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0005, start + 0.7);
    tone.connect(volume).connect(audio.destination);
    tone.start(start);
    tone.stop(start + 0.75);
  });
}

/** Whether calls may be heard, and the switch of it (which lets one hear what it is about). */
export function useSound() {
  const [on, setOn] = useState(localStorage.getItem(STORE) !== "off");
  const toggle = () =>
    setOn((was) => {
      localStorage.setItem(STORE, was ? "off" : "on");
      if (!was) {
        wake();
        chime();
      }
      return !was;
    });
  return [on, toggle];
}

export const Ring = ({ desk, sound }) => {
  const rings = desk.agent.state === "offered" && desk.call;
  const caller = rings ? desk.call.name || desk.call.number_for_people || t("Unknown number") : "";
  useEffect(() => {
    if (!rings) return undefined;
    let shown = false;
    const ring = () => {
      if (sound) chime();
      shown = !shown;
      document.title = shown ? `☎ ${caller}` : plainTitle;
    };
    ring();
    const timer = setInterval(ring, EVERY_MS);
    return () => {
      clearInterval(timer);
      document.title = plainTitle;
    };
  }, [Boolean(rings), caller, sound]);
  return html`
    <p class="unseen" role="alert" aria-live="assertive">
      ${rings && t("Incoming call from {caller}, {queue}", { caller, queue: desk.call.queue_title })}
    </p>
  `;
};
