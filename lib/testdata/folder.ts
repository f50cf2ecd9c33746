/**
 * For tests.
 * @module
 */

/**
 * Runs a test in a temporary folder, which is removed afterwards. Its name contains a blank, as those of
 * users may.
 * @param test is given the path of an empty folder
 * @returns what the test returns
 */
export async function withFolder<T>(test: (folder: string) => T | Promise<T>): Promise<T> {
  const folder = await Deno.makeTempDir({ prefix: "lwm test " });
  try {
    return await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Runs a test with these variables in the environment; those that are `undefined` are not there. */
export function withEnvironment(variables: Record<string, string | undefined>, test: () => void): void {
  const set = (values: Record<string, string | undefined>) =>
    Object.entries(values).forEach(([name, value]) =>
      value === undefined ? Deno.env.delete(name) : Deno.env.set(name, value)
    );
  const before = Object.fromEntries(Object.keys(variables).map((name) => [name, Deno.env.get(name)]));
  set(variables);
  try {
    test();
  } finally {
    set(before);
  }
}
