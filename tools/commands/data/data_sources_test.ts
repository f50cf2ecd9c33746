import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { DATA_SOURCES, type DataSource, fetchDataset, type FetchOptions } from "./data_sources.ts";
import { type ArchiveEntry, gzip, tarArchive, zipArchive } from "./testdata/archives.ts";
import {
  jpeg,
  naming,
  withFolder,
  writeCifar,
  writeClassFolders,
  writeCub,
  writeFile,
  writeImagenet,
} from "../../../lib/data/photos/testdata/photo_fixtures.ts";

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

/** What is complete for the small data sets here. */
const small = {
  caltech: { classes: 2, images: 6 },
  cifar: { classes: 100, images: 600 },
  cub: { classes: 3, images: 15 },
  imagenet: { classes: 4 },
};

function sourceOf(name: string): DataSource {
  return DATA_SOURCES.find((source) => source.name === name)!;
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

Deno.test("fetchDataset() downloads, unpacks both archives, shows its progress and cleans up", async () => {
  const { outer } = await caltechArchives();
  await withServer(outer, async (url) => {
    await withFolder(async (folder) => {
      const directory = join(folder, "data");
      const activities = new Set<string>();
      const options: FetchOptions = { directory, onProgress: (activity) => activities.add(activity) };
      const remote = { url: `${url}/files/caltech-101.zip`, bytes: outer.length, md5: md5(outer) };
      const source = { ...sourceOf("caltech-101"), remote, complete: small.caltech };
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

Deno.test("fetchDataset() takes an archive that is there already, also the inner one, and no other", async () => {
  const { outer, inner } = await caltechArchives();
  const source = { ...sourceOf("caltech-101"), complete: small.caltech };
  for (const bytes of [outer, inner]) {
    await withFolder(async (folder) => {
      const from = join(folder, "my archive");
      writeFile(from, bytes);
      const target = await fetchDataset(source, { directory: join(folder, "data"), from });
      assert.deepEqual(names(target), ["101_ObjectCategories"]);
      assert.ok(Deno.statSync(from).isFile);
    });
  }
  await withFolder(async (directory) => {
    const from = join(directory, "archive");
    const fetching = () => fetchDataset(sourceOf("caltech-101"), { directory, from });
    await assert.rejects(fetching, naming("archive", "no such file"));
    writeFile(from, inner);
    await assert.rejects(fetching, naming("found 2 classes, 6 images"));
    assert.deepEqual(names(directory), ["archive"]);
  });
});

Deno.test("fetchDataset() links to a folder that holds the data set, and to no other", async () => {
  await withFolder(async (folder) => {
    const source = { ...sourceOf("cifar-100"), complete: small.cifar };
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
    const source = sourceOf("imagenet-small");
    await assert.rejects(
      () => fetchDataset(source, { directory }),
      naming("https://www.image-net.org", join(directory, "imagenet-small"), "--from"),
    );
    assert.deepEqual(names(directory), []);
  });
});

Deno.test("fetchDataset() counts what it finds, in a folder, an archive and its own place", async () => {
  const parts: [
    DataSource["name"],
    (root: string) => void | Promise<void>,
    DataSource["complete"],
    string[],
  ][] = [
    ["caltech-101", (root) => writeClassFolders(root, { ant: 3, bee: 3 }), small.caltech, [
      "100 classes, 8242 images",
      "2 classes, 6 images",
    ]],
    ["cifar-100", writeCifar, small.cifar, [
      "100 classes, 60000 images",
      "100 classes, 600 images",
    ]],
    ["cub-200-2011", writeCub, small.cub, ["200 classes, 11788 images", "3 classes, 15 images"]],
    ["imagenet-small", (root) => writeImagenet(root, "sorted"), small.imagenet, ["100 classes", "4 classes"]],
  ];
  for (const [name, write, complete, counts] of parts) {
    await withFolder(async (folder) => {
      const from = join(folder, "mine");
      await write(from);
      const directory = join(folder, "data");
      const official = sourceOf(name);
      await assert.rejects(() => fetchDataset(official, { directory, from }), naming(from, ...counts));
      assert.deepEqual(names(folder), ["mine"]);
      // The same where there is as much as there must be; and what is there already is counted again.
      const target = await fetchDataset({ ...official, complete }, { directory, from });
      await assert.rejects(() => fetchDataset(official, { directory }), naming(target, ...counts));
    });
  }
});
