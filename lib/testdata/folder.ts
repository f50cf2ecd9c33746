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
