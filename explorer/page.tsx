/**
 * The explorer: starts all sections, and says what a browser lacks.
 * @module
 */
import { render } from "preact";
import { useEffect, useReducer } from "preact/hooks";
import { hasPhotos, nameOf, readAddress, type View, writeAddress } from "./address.ts";
import { Look } from "./look.tsx";
import { fetchManifest, type Manifest } from "./messages.ts";
import { Teach } from "./teach.tsx";
import { Connection, useTraining } from "./workers.ts";

const merge = (view: View, changed: Partial<View>) => ({ ...view, ...changed });

function Page({ connection, manifest }: { connection: Connection; manifest: Manifest }) {
  const [view, change] = useReducer(merge, readAddress(manifest));
  const school = useTraining();
  const renew = (changed: Partial<View>) => {
    school.end();
    change(changed);
  };
  useEffect(() => writeAddress(view, manifest), [view]);
  useEffect(() => {
    const follow = () => renew(readAddress(manifest));
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  const [base, next] = manifest.stepSizes;
  const isYours = view.settings.lesson === "yours";
  const oldNames = manifest.classNames.slice(0, base);
  const names = isYours ? view.classes.map(nameOf) : manifest.classNames.slice(base, base + next);
  const told = view.told ?? (isYours && hasPhotos(view.classes));
  const shared = { connection, manifest, view, change, renew, school, oldNames, names, told };
  return (
    <>
      <section id="teach" aria-label="Teach">
        <Teach {...shared} />
      </section>
      <section id="look" aria-labelledby="look-title">
        <Look {...shared} />
      </section>
    </>
  );
}

async function start(): Promise<void> {
  // All browsers that have it have what else is needed, such as WebAssembly's SIMD.
  if (!("fromBase64" in Uint8Array)) {
    throw new Error("Expected a browser of 2025 or later but found an older one. Use a current one.");
  }
  if (!isSecureContext) {
    throw new Error(
      `Expected the page on https:// or localhost, where browsers can check its files, but found it on ${location.origin}. Open it there.`,
    );
  }
  const connection = new Connection();
  const manifest = await fetchManifest();
  const home = document.getElementById("page")!;
  home.replaceChildren();
  render(<Page {...{ connection, manifest }} />, home);
}

// Without a network the page is as it was the last time.
navigator.serviceWorker?.register("offline.js").catch(() => {});
start().catch((error: Error) => document.getElementById("page")!.textContent = error.message);
