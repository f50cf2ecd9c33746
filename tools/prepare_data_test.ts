import assert from "node:assert/strict";
import { join } from "node:path";
import { UserError } from "../lib/user_error.ts";
import { prepareData } from "./prepare_data.ts";

Deno.test("deno task data iemoji-100 renders the drawings into their folder", async () => {
  const directory = await Deno.makeTempDir({ prefix: "data-" });
  try {
    await prepareData(["iemoji-100"], directory);
    assert.ok((await Deno.stat(join(directory, "iemoji-100", "drawings.bin"))).size > 13e6);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("deno task data refuses anything but the name of one data set", async () => {
  for (const args of [[], ["nonsense"], ["iemoji-100", "iemoji-100"]]) {
    await assert.rejects(prepareData(args, "nowhere"), (error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, /Expected the name of one data set but found .*; choose from iemoji-100/);
      return true;
    });
  }
});
