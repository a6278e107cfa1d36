// Reads prompts aloud with the browser's own voices, where somebody asked for it.

import { useEffect, useRef, useState } from "../../web/js/ui.js";

export function useVoice(phone) {
  const [on, setOn] = useState(false);
  const spoken = useRef(0);
  useEffect(() => {
    const lines = phone?.lines ?? [];
    if (lines.length < spoken.current) spoken.current = 0;
    const fresh = lines.slice(spoken.current);
    spoken.current = lines.length;
    if (!on || !fresh.length) return;
    // A key or a new order cuts a prompt short on the line, so it does here.
    if (fresh.some((line) => line.sound !== "prompt")) speechSynthesis.cancel();
    for (const line of fresh) {
      if (line.sound !== "prompt") continue;
      const words = new SpeechSynthesisUtterance(line.text);
      words.lang = line.language;
      speechSynthesis.speak(words);
    }
  }, [phone, on]);
  const toggle = () =>
    setOn((was) => {
      if (was) speechSynthesis.cancel();
      return !was;
    });
  return [on, toggle];
}
