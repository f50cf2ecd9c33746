import assert from "node:assert/strict";
import { join } from "node:path";
import { DATA_SOURCES } from "./data_sources.ts";
import { naming, withFolder } from "../../../lib/data/photos/testdata/photo_fixtures.ts";
import { fetchData } from "./data.ts";

async function outputOf(...args: string[]): Promise<string> {
  const lines: string[] = [];
  await fetchData(args, (line) => lines.push(line));
  return lines.join("\n");
}

/** Runs the command as a user would who called it in this folder. */
async function runFrom(folder: string, ...args: string[]): Promise<{ code: number; stderr: string }> {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", "--no-check", new URL("data.ts", import.meta.url).pathname, ...args],
    stderr: "piped",
    env: { NO_COLOR: "1", INIT_CWD: folder },
  }).output();
  return { code, stderr: new TextDecoder().decode(stderr) };
}

Deno.test("fetchData() lists every data set with its terms of use in its help", async () => {
  const help = await outputOf("--help");
  for (const { name, terms, homepage } of DATA_SOURCES) {
    assert.ok(help.includes(name) && help.includes(terms) && help.includes(homepage), name);
  }
  assert.match(help, /iemoji-100/);
  assert.match(help, /--from PATH/);
  assert.match(help, /--directory/);
});

Deno.test("fetchData() says what is wrong with its arguments", async () => {
  await assert.rejects(() => outputOf(), naming("iemoji-100", "caltech-101", "--help"));
  await assert.rejects(() => outputOf("mnist"), naming('"mnist"', "cub-200-2011"));
  await assert.rejects(() => outputOf("cifar-100", "caltech-101"), naming("caltech-101", "--help"));
  await assert.rejects(() => outputOf("cifar-100", "--form", "x"), naming("--form", "--help"));
  await assert.rejects(() => outputOf("iemoji-100", "--from", "x"), naming("--from"));
});

Deno.test("the command reads paths from where it is called", async () => {
  await withFolder(async (folder) => {
    const archive = await runFrom(folder, "imagenet-small", "--from", "mine", "--directory", folder);
    assert.equal(archive.code, 1);
    assert.ok(
      archive.stderr.includes(`at "${join(folder, "mine")}" but found that there is no such`),
      archive.stderr,
    );
    const place = await runFrom(folder, "imagenet-small", "--directory", "out");
    assert.equal(place.code, 1);
    assert.ok(place.stderr.includes(`"${join(folder, "out/imagenet-small")}" but found none`), place.stderr);
  });
});
