/**
 * The explorer: starts all sections, and says what a browser lacks.
 * @module
 */
import { render } from "preact";
import { useEffect, useMemo, useReducer, useState } from "preact/hooks";
import { readAddress, type View, writeAddress } from "./address.ts";
import { Look } from "./look.tsx";
import { fetchManifest, type Manifest } from "./messages.ts";
import { Teach } from "./teach.tsx";
import { Connection, useTraining } from "./workers.ts";

/** A module of WebAssembly with one SIMD instruction, `v128.const`, in its only function. */
const SIMD = "AGFzbQEAAAABBQFgAAF7AwIBAAoWARQA/QwAAAAAAAAAAAAAAAAAAAAACw==";

const merge = (view: View, changed: Partial<View>) => ({ ...view, ...changed });

function Page({ connection, manifest }: { connection: Connection; manifest: Manifest }) {
  const [view, change] = useReducer(merge, readAddress(manifest));
  const school = useTraining();
  const [near, setNear] = useState(false);
  const renew = (changed: Partial<View>) => {
    school.end();
    change(changed);
  };
  useEffect(() => writeAddress(view, manifest), [view]);
  useEffect(() => {
    const follow = () => renew(readAddress(manifest));
    addEventListener("hashchange", follow);
    // The later models are fetched when someone comes near them.
    const see = ([entry]: IntersectionObserverEntry[]) => entry.isIntersecting && setNear(true);
    const observer = new IntersectionObserver(see, { rootMargin: "300px" });
    observer.observe(document.getElementById("look")!);
    return () => {
      removeEventListener("hashchange", follow);
      observer.disconnect();
    };
  }, []);
  const shared = { connection, manifest, view, change, renew, school };
  // Drawn anew only when it changes: a training redraws the page often.
  const look = useMemo(() => <Look {...shared} near={near} />, [view, near]);
  return (
    <>
      <section id="teach" aria-label="Teach">
        <Teach {...shared} />
      </section>
      <section id="look" aria-labelledby="look-title">{look}</section>
    </>
  );
}

async function start(): Promise<void> {
  const bytes = Uint8Array.from(atob(SIMD), (character) => character.charCodeAt(0));
  if (!globalThis.WebAssembly?.validate(bytes)) {
    throw new Error(
      "Expected a browser with WebAssembly SIMD but found one without. Use a current Firefox, Chrome, Edge or Safari.",
    );
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
