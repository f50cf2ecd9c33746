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

/** A function of WebAssembly that returns a vector: valid only where there are vector instructions. */
const VECTORS = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15],
  ...[253, 98, 11],
);

async function start(): Promise<void> {
  if (!("Iterator" in globalThis && "withResolvers" in Promise && "groupBy" in Map)) {
    throw new Error("Expected a browser of 2025 or later but found an older one. Use a current one.");
  }
  if (!globalThis.WebAssembly?.validate(VECTORS)) {
    throw new Error(
      "Expected WebAssembly with vector instructions (SIMD) but found none here. Use a current browser, on a " +
        "device of 2015 or later.",
    );
  }
  const connection = new Connection();
  const manifest = await fetchManifest();
  const home = document.getElementById("page")!;
  home.replaceChildren();
  render(<Page {...{ connection, manifest }} />, home);
}

start().catch((error: Error) => document.getElementById("page")!.textContent = error.message);
