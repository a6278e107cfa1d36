// The four service levels by name. There is no bare one: what happens to callers who give up makes the difference.

import { t } from "../../web/js/i18n.js";
import { useState } from "../../web/js/ui.js";

export const LEVELS = {
  "short-abandons-excluded": {
    name: t("Short abandons excluded"),
    means: t("Callers who give up at once are not counted at all; everybody else who gives up is a failure."),
    formula: t("answered in time ÷ (answered + abandoned − short abandons)"),
  },
  "abandons-negative": {
    name: t("Abandons negative"),
    means: t("Everybody who gives up is a failure, however soon."),
    formula: t("answered in time ÷ (answered + abandoned)"),
  },
  "abandons-positive": {
    name: t("Abandons positive"),
    means: t("Who gives up before the time is up was not let down, and counts as served in time."),
    formula: t("(answered in time + abandoned in time) ÷ (answered + abandoned)"),
  },
  "abandons-ignored": {
    name: t("Abandons ignored"),
    means: t("Only answered calls are looked at. It looks best exactly when most callers give up."),
    formula: t("answered in time ÷ answered"),
  },
};

const STORE = "holdless-service-level";

/** Which of them the floor shows, remembered by this browser. */
export function useLevel() {
  const stored = localStorage.getItem(STORE);
  const [level, set] = useState(stored in LEVELS ? stored : "short-abandons-excluded");
  const choose = (name) => {
    localStorage.setItem(STORE, name);
    set(name);
  };
  return [level, choose];
}

/** The level over several queues: of all their calls together, by the same definition. */
export function overall(queues, level) {
  const sum = (count) => queues.reduce((total, queue) => total + count(queue.today), 0);
  const answered = sum((figures) => figures.answered);
  const abandoned = sum((figures) => figures.abandoned);
  const inTime = sum((figures) => figures.answered_within);
  const parts = {
    "short-abandons-excluded": [inTime, answered + abandoned - sum((figures) => figures.short_abandoned)],
    "abandons-negative": [inTime, answered + abandoned],
    "abandons-positive": [inTime + sum((figures) => figures.abandoned_within), answered + abandoned],
    "abandons-ignored": [inTime, answered],
  };
  const [good, all] = parts[level];
  return all ? good / all : null;
}

/** The target over several queues: each queue's, weighed by its calls. */
export function overallTarget(all) {
  const queues = all.filter((queue) => queue.target !== null);
  const calls = queues.reduce((total, queue) => total + queue.today.queued, 0);
  if (!calls) return queues.reduce((total, queue) => total + queue.target, 0) / Math.max(1, queues.length);
  return queues.reduce((total, queue) => total + queue.target * queue.today.queued, 0) / calls;
}

/** How a level stands against its target: “good”, “warn” within ten points, “bad” below; “none” while nothing is known. Queues that are no longer in the configuration have no target (null). */
export function standing(value, target) {
  if (value === null || value === undefined || target === null) return "none";
  if (value >= target) return "good";
  return value >= target - 0.1 ? "warn" : "bad";
}
