import assert from "node:assert/strict";
import { join } from "node:path";
import { DATA_SOURCES } from "../lib/data/data_sources.ts";
import { naming, withFolder, writeCifar } from "../lib/data/testdata/photo_fixtures.ts";
import { fetchData } from "./data.ts";

async function outputOf(...args: string[]): Promise<string> {
  const lines: string[] = [];
  await fetchData(args, (line) => lines.push(line));
  return lines.join("\n");
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

Deno.test("fetchData() puts a data set in its place and says where it is and who may use it", async () => {
  await withFolder(async (folder) => {
    const from = join(folder, "mine");
    writeCifar(from);
    const output = await outputOf("cifar-100", "--from", from, "--directory", join(folder, "data"));
    assert.match(output, /cifar-100 is ready in ".*data.cifar-100".*Krizhevsky/);
    assert.ok(Deno.statSync(join(folder, "data/cifar-100/train.bin")).isFile);
  });
});

Deno.test("fetchData() says what is wrong with its arguments", async () => {
  await assert.rejects(() => outputOf(), naming("iemoji-100", "caltech-101", "--help"));
  await assert.rejects(() => outputOf("mnist"), naming('"mnist"', "cub-200-2011"));
  await assert.rejects(() => outputOf("cifar-100", "caltech-101"), naming("caltech-101", "--help"));
  await assert.rejects(() => outputOf("cifar-100", "--form", "x"), naming("--form", "--help"));
  await assert.rejects(() => outputOf("iemoji-100", "--from", "x"), naming("--from"));
});

Deno.test("the command prints one line and fails where the user can mend what is wrong", async () => {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", "--no-check", new URL("data.ts", import.meta.url).pathname, "mnist"],
    stderr: "piped",
    env: { NO_COLOR: "1" },
  }).output();
  assert.equal(code, 1);
  assert.match(new TextDecoder().decode(stderr), /^Expected the name of a data set .*"mnist".*\n$/);
});
