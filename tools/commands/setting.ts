/**
 * What tells runs apart: a setting is all that decides about a run, except its seed.
 * @module
 */
import type { Engine } from "../../lib/engine/mod.ts";
import type { Configuration } from "../../lib/run/schema.ts";
import { methodIdentity } from "../../lib/run/identity.ts";

/**
 * The fields that the run's method uses, such as no γ for LwF-MC, as plain JSON.
 *
 * @param configuration with the engine by name
 */
export function settingOf(configuration: Configuration): Record<string, unknown> {
  const { seed: _, ...setting } = methodIdentity(configuration, configuration.engine as Engine["name"]);
  return setting;
}

/** The same text for the same setting. */
export function settingKey(configuration: Configuration): string {
  return JSON.stringify(settingOf(configuration));
}

/** Fields in which settings of the same method differ. */
export function varyingFields(configurations: readonly Configuration[]): string[] {
  const settings = configurations.map(settingOf);
  const varying = new Set<string>();
  for (const ofMethod of Map.groupBy(settings, ({ method }) => method).values()) {
    for (const field of Object.keys(ofMethod[0])) {
      if (new Set(ofMethod.map((setting) => JSON.stringify(setting[field]))).size > 1) varying.add(field);
    }
  }
  return [...varying];
}

/**
 * A setting in words.
 *
 * @param fields what {@linkcode varyingFields} found
 * @returns such as `LwM, gamma 0.1, norm L2`
 */
export function describeSetting(configuration: Configuration, fields: readonly string[]): string {
  const setting = settingOf(configuration);
  const shown = fields.filter((field) => field in setting).map((field) => `${field} ${setting[field]}`);
  return [configuration.method, ...shown].join(", ");
}
