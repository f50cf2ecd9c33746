import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { DATA_SOURCES, type DataSource, fetchDataset, type FetchOptions } from "./data_sources.ts";
import { type ArchiveEntry, gzip, tarArchive, zipArchive } from "./testdata/archives.ts";
import {
  cifarFile,
  cifarNames,
  jpeg,
  naming,
  withFolder,
  writeCifar,
  writeFile,
} from "./testdata/photo_fixtures.ts";

function md5(bytes: Uint8Array): string {
  return createHash("md5").update(bytes).digest("hex");
}

/** Caltech's archive in small: a zip that holds a .tar.gz that holds the photos. */
async function caltechArchives(): Promise<{ outer: Uint8Array; inner: Uint8Array }> {
  const photos: ArchiveEntry[] = [];
  for (const name of ["ant", "bass"]) {
    for (let i = 0; i < 3; i++) {
      photos.push({ name: `101_ObjectCategories/${name}/image_000${i}.jpg`, content: await jpeg(i) });
    }
  }
  const inner = gzip(tarArchive(photos));
  return {
    inner,
    outer: zipArchive([
      { name: "caltech-101/" },
      { name: "caltech-101/101_ObjectCategories.tar.gz", content: inner },
      { name: "caltech-101/Annotations.tar", content: "outlines" },
    ]),
  };
}

function cifarArchive(): Uint8Array {
  return gzip(tarArchive([
    { name: "cifar-100-binary/train.bin", content: cifarFile(2) },
    { name: "cifar-100-binary/test.bin", content: cifarFile(1) },
    { name: "cifar-100-binary/fine_label_names.txt", content: cifarNames.join("\n") },
  ]));
}

/** The project's source of this name, but with this archive as the official one. */
function sourceWith(name: string, archive: Uint8Array, url = "http://127.0.0.1/archive"): DataSource {
  const source = DATA_SOURCES.find((source) => source.name === name)!;
  return { ...source, remote: { url, bytes: archive.length, md5: md5(archive) } };
}

/** Serves these bytes under any path. */
async function withServer(bytes: Uint8Array, test: (url: string) => Promise<void>): Promise<void> {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response(bytes.slice()),
  );
  try {
    await test(`http://127.0.0.1:${server.addr.port}`);
  } finally {
    await server.shutdown();
  }
}

function names(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

Deno.test("DATA_SOURCES have an address with size and digest, or say what to do by hand", () => {
  for (const { name, remote, byHand, inner } of DATA_SOURCES) {
    assert.ok(remote || byHand, name);
    if (remote) assert.match(`${remote.url} ${remote.md5}`, /^https:\/\/\S+ [0-9a-f]{32}$/);
    if (inner) assert.match(inner.md5, /^[0-9a-f]{32}$/);
  }
});

Deno.test("fetchDataset() downloads, unpacks both archives, shows its progress and cleans up", async () => {
  const { outer } = await caltechArchives();
  await withServer(outer, async (url) => {
    await withFolder(async (folder) => {
      const directory = join(folder, "data");
      const activities = new Set<string>();
      const options: FetchOptions = { directory, onProgress: (activity) => activities.add(activity) };
      const source = sourceWith("caltech-101", outer, `${url}/files/caltech-101.zip`);
      const target = await fetchDataset(source, options);
      assert.equal(target, join(directory, "caltech-101"));
      assert.deepEqual(names(directory), ["caltech-101"]);
      assert.deepEqual(names(target), ["101_ObjectCategories"]);
      assert.equal(names(join(target, "101_ObjectCategories/bass")).length, 3);
      assert.deepEqual([...activities], ["downloading", "unpacking"]);
      // A second time there is nothing to do: the address is not asked.
      assert.equal(await fetchDataset({ ...source, remote: undefined }, options), target);
    });
  });
});

Deno.test("fetchDataset() leaves no half data set behind", async () => {
  const archive = gzip(tarArchive([{ name: "cifar-100-binary/train.bin", content: cifarFile(2) }]));
  await withServer(archive, async (url) => {
    await withFolder(async (directory) => {
      const source = sourceWith("cifar-100", archive, `${url}/cifar.tar.gz`);
      await assert.rejects(() => fetchDataset(source, { directory }), naming("fine_label_names.txt"));
      assert.deepEqual(names(directory), ["cifar.tar.gz"]);
    });
  });
});

Deno.test("fetchDataset() takes an official archive that is there already, also the inner one", async () => {
  const { outer, inner } = await caltechArchives();
  const source = sourceWith("caltech-101", outer);
  for (const bytes of [outer, inner]) {
    await withFolder(async (folder) => {
      const from = join(folder, "my archive");
      writeFile(from, bytes);
      const target = await fetchDataset(
        { ...source, inner: { path: source.inner!.path, md5: md5(inner) } },
        { directory: join(folder, "data"), from },
      );
      assert.deepEqual(names(target), ["101_ObjectCategories"]);
      assert.ok(Deno.statSync(from).isFile);
    });
  }
});

Deno.test("fetchDataset() refuses an archive that is not the official one and says where that is", async () => {
  await withFolder(async (directory) => {
    const from = join(directory, "other.tar.gz");
    const archive = cifarArchive();
    writeFile(from, archive);
    const source = sourceWith("cifar-100", archive.with(20, archive[20] ^ 1));
    await assert.rejects(
      () => fetchDataset(source, { directory, from }),
      naming(from, source.remote!.url, "MD5"),
    );
    await assert.rejects(
      () => fetchDataset(source, { directory, from: join(directory, "none") }),
      naming("none", "no such file"),
    );
    assert.deepEqual(names(directory), ["other.tar.gz"]);
  });
});

Deno.test("fetchDataset() links to a folder that holds the data set, and to no other", async () => {
  await withFolder(async (folder) => {
    const [source] = DATA_SOURCES.filter(({ name }) => name === "cifar-100");
    const from = join(folder, "my data");
    Deno.mkdirSync(from);
    const directory = join(folder, "data");
    await assert.rejects(
      () => fetchDataset(source, { directory, from }),
      naming(from, "fine_label_names.txt"),
    );
    writeCifar(from);
    const target = await fetchDataset(source, { directory, from });
    assert.equal(Deno.realPathSync(target), Deno.realPathSync(from));
    assert.equal(await fetchDataset(source, { directory }), target);
  });
});

Deno.test("fetchDataset() says how to get by hand what may not be downloaded", async () => {
  await withFolder(async (directory) => {
    const source = DATA_SOURCES.find(({ name }) => name === "imagenet-small")!;
    await assert.rejects(
      () => fetchDataset(source, { directory }),
      naming("https://www.image-net.org", join(directory, "imagenet-small"), "--from"),
    );
    assert.deepEqual(names(directory), []);
  });
});
