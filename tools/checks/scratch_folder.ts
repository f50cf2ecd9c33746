import { join } from "node:path";

/**
 * Files that a check hands to `deno check`, `deno lint` or `deno info` must lie below deno.json, so that imports mean
 * there what they mean in the project. Each caller gets a folder of its own, so that checks can run side by side.
 * @param root the project's folder
 * @param action is given the path of an empty folder, which is removed afterwards
 * @returns what the action returns
 */
export async function inScratchFolder<T>(root: string, action: (folder: string) => Promise<T>): Promise<T> {
  const parent = join(root, ".check");
  await Deno.mkdir(parent, { recursive: true });
  const folder = await Deno.makeTempDir({ dir: parent });
  try {
    return await action(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
