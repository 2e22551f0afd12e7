/**
 * What the groups of a report are called.
 */

import { has, t } from "../shared/words.js";
import { buildingName } from "./place_names.js";

/** Returns a group of a report by its name, for what the report is grouped by. */
export function groupName(model, by, group) {
  if (by === "building") return buildingName(group);
  if (by === "courier") return group === "nobody" ? t("hand.nobody") : model.courier(group)?.name || group;
  if (by === "service" && has(`hand.service_${group}`)) return t(`hand.service_${group}`);
  if (by === "channel" && has(`hand.channel_${group}`)) return t(`hand.channel_${group}`);
  return group;
}
