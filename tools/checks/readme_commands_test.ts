/**
 * Types every command of README, in a fresh clone, in the preset `smoke`, with images of one's own in the
 * home folder. A server has to answer one request. Lines of the samples that have no number have to be
 * printed.
 * Not among the project's other tests:
 *
 *     deno task test:readme
 * @module
 */
import assert from "node:assert/strict";
import { join, resolve } from "node:path";
import sharp from "sharp";
import { withFolder } from "../../lib/testdata/folder.ts";

const root = resolve(import.meta.dirname!, "../..");

/** The code blocks of a page, with the language that they name. */
function codeBlocks(text: string): { language: string; lines: string[] }[] {
  return [...text.matchAll(/^```(\w+)\n([^]*?)^```/gm)]
    .map(([, language, code]) => ({ language, lines: code.trimEnd().split("\n") }));
}

/** What a command without arguments or comments prints. */
async function said(command: string, ...args: string[]): Promise<string> {
  const { stdout } = await new Deno.Command(command, { args }).output();
  return new TextDecoder().decode(stdout).trim();
}

/** A folder for each class, each with a few images of a shape. */
async function drawPictures(folder: string): Promise<void> {
  const shapes = {
    ball: '<circle cx="32" cy="32" r="22"/>',
    bar: '<rect x="6" y="26" width="52" height="12"/>',
    box: '<rect x="12" y="12" width="40" height="40"/>',
    roof: '<path d="M32 8 58 56H6z"/>',
  };
  for (const [name, shape] of Object.entries(shapes)) {
    await Deno.mkdir(join(folder, name), { recursive: true });
    for (let i = 0; i < 10; i++) {
      const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">
        <rect width="64" height="64" fill="hsl(${37 * i}, 30%, 80%)"/>
        <g transform="rotate(${4 * i - 18} 32 32)" fill="hsl(${71 * i}, 70%, 40%)">${shape}</g></svg>`;
      await sharp(new TextEncoder().encode(svg)).jpeg().toFile(join(folder, name, `${i}.jpg`));
    }
  }
}

Deno.test("every command of README works", () =>
  withFolder(async (home) => {
    const { denoDir } = JSON.parse(await said(Deno.execPath(), "info", "--json"));
    await drawPictures(join(home, "pictures"));
    const options = {
      cwd: home,
      env: {
        HOME: home,
        DENO_DIR: denoDir,
        npm_config_cache: await said("npm", "config", "get", "cache"),
        npm_config_prefix: join(home, "npm"),
        PATH: `${join(home, "npm", "bin")}:${Deno.env.get("PATH")}`,
        LWM_PRESET: "smoke",
        NO_COLOR: "1",
      },
    };

    // The folder from which `deno task` was called is not that of this test.
    const typed = (line: string) => `unset INIT_CWD; ${line}`;

    /** Runs a line to its end, and shows it with what it prints. @returns what it printed */
    const run = async (line: string): Promise<string> => {
      const { code, stdout, stderr } = await new Deno.Command("bash", {
        args: ["-c", typed(line)],
        ...options,
      })
        .output();
      const printed = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("");
      console.log(`$ ${line}\n${printed.split("\n").slice(-8).join("\n")}`);
      assert.equal(code, 0, printed);
      return printed;
    };

    /** Starts a server, asks for its page once, and stops it with all that it has started. */
    const serve = async (line: string, address: string) => {
      const server = new Deno.Command("setsid", { args: ["bash", "-c", typed(line)], ...options }).spawn();
      const ended = server.status.then(({ code }) => assert.fail(`\`${line}\` ended with exit code ${code}`));
      const answered = async (): Promise<Response> =>
        await fetch(address).catch(async () => {
          await new Promise((resolve) => setTimeout(resolve, 200));
          return await answered();
        });
      const page = await Promise.race([answered(), ended]);
      assert.match(await page.text(), /<title>/);
      console.log(`$ ${line}\n${address} answers`);
      ended.catch(() => {});
      Deno.kill(-server.pid, "SIGTERM");
      await server.status;
    };

    let printed = "";
    for (const { language, lines } of codeBlocks(await Deno.readTextFile(join(root, "README.md")))) {
      if (language === "text") {
        const squeezed = (text: string) => text.replaceAll(/\s+/g, " ").trim();
        const missing = lines.filter((line) =>
          !/\d/.test(line) && !squeezed(printed).includes(squeezed(line))
        );
        assert.deepEqual(missing, [], "Expected these lines of a sample to be printed");
      }
      if (language !== "sh") continue;
      for (const line of lines.map((line) => line.replace(/ +#.*/, ""))) {
        const address = /#.*(http:\S+)/.exec(lines.find((commented) => commented.startsWith(line))!)?.[1];
        if (/ task test$/.test(line)) continue; // .ci/run types it
        if (line.startsWith("git clone")) {
          await run(line.replace(/\S*ADDRESS\S*/, `"${root}"`));
          options.cwd = join(home, "lwm");
        } else if (address !== undefined) await serve(line, address);
        else printed += await run(line);
      }
    }
    assert.equal(await run("git status --porcelain"), "");
  }));
