import assert from "node:assert/strict";
import { join } from "node:path";
import { type ArchiveEntry, gzip, tarArchive, zipArchive } from "./testdata/archives.ts";
import { naming, withFolder, writeFile } from "../../../lib/data/photos/testdata/photo_fixtures.ts";
import { unpack } from "./unpack.ts";

const kinds: [string, (entries: ArchiveEntry[]) => Uint8Array][] = [
  ["tar", tarArchive],
  ["tar.gz", (entries) => gzip(tarArchive(entries))],
  ["zip", zipArchive],
];

/** Unpacks FOLDER/archive into FOLDER/target. */
async function unpackBytes(folder: string, bytes: Uint8Array): Promise<void> {
  writeFile(join(folder, "archive"), bytes);
  await unpack(join(folder, "archive"), join(folder, "target"));
}

/** All files below a folder, sorted. */
function filesBelow(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap((entry) =>
    entry.isDirectory
      ? filesBelow(join(folder, entry.name)).map((file) => `${entry.name}/${file}`)
      : [entry.name]
  ).sort();
}

Deno.test("unpack() unpacks .tar, .tar.gz and .zip, whatever they are called", async () => {
  for (const [kind, pack] of kinds) {
    await withFolder(async (folder) => {
      const progress: number[] = [];
      const archive = join(folder, "archive.bin");
      const entries = [
        { name: "./data/" },
        { name: "./data/größe 1.txt", content: "one" },
        { name: "data/deep/er/empty.txt" },
        { name: "data/large.bin", content: new Uint8Array(70_000).map((_, i) => i % 251) },
      ];
      writeFile(archive, pack(entries.map((entry) => ({ ...entry, name: entry.name.replace("./", "") }))));
      await unpack(archive, join(folder, "new/target"), (done, total) => progress.push(done / total));
      const target = join(folder, "new/target");
      assert.deepEqual(
        filesBelow(target),
        ["data/deep/er/empty.txt", "data/größe 1.txt", "data/large.bin"],
        kind,
      );
      assert.equal(Deno.readTextFileSync(join(target, "data/größe 1.txt")), "one");
      assert.deepEqual(Deno.readFileSync(join(target, "data/large.bin")), entries[3].content);
      assert.ok(progress.length > 0 && progress.every((share) => share > 0 && share <= 1));
    });
  }
});

Deno.test("unpack() refuses paths that lead out of the target and writes nothing there", async () => {
  const names = ["../evil.txt", "a/../../evil.txt", "/tmp/lwm-evil.txt", "..", "C:/evil.txt"];
  for (const [kind, pack] of kinds) {
    for (const name of names) {
      await withFolder(async (folder) => {
        const bytes = pack([{ name: "good.txt", content: "good" }, { name, content: "evil" }]);
        await assert.rejects(
          () => unpackBytes(folder, bytes),
          naming(join(folder, "archive"), "files below the target", "official address"),
          `${kind} ${name}`,
        );
        assert.ok(filesBelow(folder).every((file) => ["archive", "target/good.txt"].includes(file)));
      });
    }
  }
  assert.throws(() => Deno.statSync("/tmp/lwm-evil.txt"), Deno.errors.NotFound);
});

Deno.test("unpack() refuses links, devices and files through links", async () => {
  const archives: [string, Uint8Array][] = [
    ["symbolic link", tarArchive([{ name: "link", type: "2", link: "/etc/passwd" }])],
    ["hard link", tarArchive([{ name: "link", type: "1", link: "/etc/passwd" }])],
    [
      "link, then a file through it",
      tarArchive([{ name: "link", type: "2", link: ".." }, { name: "link/evil.txt", content: "evil" }]),
    ],
    ["device", tarArchive([{ name: "link", type: "3" }])],
    ["pipe", tarArchive([{ name: "link", type: "6" }])],
  ];
  for (const [name, bytes] of archives) {
    await withFolder(async (folder) => {
      await assert.rejects(() => unpackBytes(folder, bytes), naming('"link"', join(folder, "archive")), name);
      assert.deepEqual(filesBelow(folder), ["archive"], name);
    });
  }
});

Deno.test("unpack() overwrites nothing", async () => {
  await withFolder(async (folder) => {
    const twice = zipArchive([{ name: "a", content: "first" }, { name: "a", content: "second" }]);
    await assert.rejects(() => unpackBytes(folder, twice), naming(folder, "there is a file"));
    assert.equal(Deno.readTextFileSync(join(folder, "target/a")), "first");
  });
});

Deno.test("unpack() throws on half an archive, other bytes and no archive", async () => {
  const entries = [{ name: "a", content: "first" }, {
    name: "b",
    content: new Uint8Array(5000).map((_, i) => i * i),
  }];
  const [tar, tarGz, zip] = kinds.map(([, pack]) => pack(entries));
  const archives: [string, Uint8Array][] = [
    ["half a tar", tar.subarray(0, 3000)],
    ["half a tar.gz", tarGz.subarray(0, tarGz.length / 2)],
    ["a tar.gz without its end", tarGz.subarray(0, tarGz.length - 4)],
    ["half a zip", zip.subarray(0, zip.length / 2)],
    ["a wrong header", tar.with(3, 77)],
    ["a wrong checksum", zipArchive([{ name: "a", content: "first", crc: 1 }])],
    ["text", new TextEncoder().encode("I am no archive, but long enough to be taken for one.".repeat(30))],
    ["short text", new TextEncoder().encode("no")],
    ["empty", new Uint8Array()],
  ];
  for (const [name, bytes] of archives) {
    await withFolder(async (folder) => {
      await assert.rejects(
        () => unpackBytes(folder, bytes),
        naming(join(folder, "archive"), "fetch it again"),
        name,
      );
    });
  }
});

Deno.test("unpack() says where there is no archive, or no place for what is in it", async () => {
  await withFolder(async (folder) => {
    await assert.rejects(
      () => unpack(join(folder, "none.zip"), join(folder, "target")),
      naming("none.zip", "no such file"),
    );
    writeFile(join(folder, "target"), "a file");
    await assert.rejects(
      () => unpackBytes(folder, tarArchive([{ name: "a" }])),
      naming(folder, "there is a file"),
    );
  });
});
