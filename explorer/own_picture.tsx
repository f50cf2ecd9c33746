/**
 * A picture of the reader's own: a file, or a drawing on a small pad.
 * @module
 */
import { useEffect, useRef, useState } from "preact/hooks";
import type { Picture } from "./messages.ts";

/** Height and width of a picture for the network. */
const SIZE = 32;
/** Largest side that browsers decode for sure. */
const LARGEST = 8192;

/** The controls. `onPicture` is called with each picture, `onFail` with a sentence. */
export function OwnPicture({ open, onPicture, onFail }: {
  open: boolean;
  onPicture: (picture: Picture) => void;
  onFail: (sentence: string) => void;
}) {
  const pad = useRef<HTMLCanvasElement>(null);
  const [pen, setPen] = useState("#d55e00");
  const take = (file: File | undefined) => {
    if (file) decode(file).then((image) => onPicture(shrink(image)), (error: Error) => onFail(error.message));
  };
  const clear = () => {
    const context = pad.current!.getContext("2d")!;
    context.fillStyle = "#c9d3dc";
    context.fillRect(0, 0, 192, 192);
  };
  useEffect(clear, []);
  return (
    <details
      id="own"
      open={open}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        take(event.dataTransfer?.files[0]);
      }}
    >
      <summary>A picture of your own</summary>
      <p>Drop a picture here, choose a file, or draw. It stays on your machine.</p>
      <canvas
        ref={pad}
        class="pad"
        width={192}
        height={192}
        role="img"
        aria-label="Drawing pad"
        onPointerDown={({ currentTarget, pointerId, offsetX, offsetY }) => {
          currentTarget.setPointerCapture(pointerId);
          const context = currentTarget.getContext("2d")!;
          Object.assign(context, { strokeStyle: pen, lineWidth: 14, lineCap: "round", lineJoin: "round" });
          context.beginPath();
          context.moveTo(offsetX, offsetY);
        }}
        onPointerMove={({ currentTarget, buttons, offsetX, offsetY }) => {
          if (buttons === 0) return;
          const context = currentTarget.getContext("2d")!;
          context.lineTo(offsetX, offsetY);
          context.stroke();
        }}
      />
      <div class="controls">
        <label>
          File
          <input type="file" accept="image/*" onChange={(event) => take(event.currentTarget.files?.[0])} />
        </label>
        <label>
          Pen
          <input type="color" value={pen} onInput={(event) => setPen(event.currentTarget.value)} />
        </label>
        <button type="button" onClick={clear}>Clear</button>
        <button type="button" onClick={() => onPicture(shrink(pad.current!))}>Look at the drawing</button>
      </div>
    </details>
  );
}

/** Reads a file. @throws {Error} where it is no picture, or too large */
async function decode(file: File): Promise<HTMLImageElement> {
  const image = new Image();
  const loaded = Promise.withResolvers<unknown>();
  [image.onload, image.onerror, image.src] = [loaded.resolve, loaded.reject, URL.createObjectURL(file)];
  await loaded.promise.catch(() => {
    throw new Error("Expected a picture but found a file that this browser cannot decode. Choose another.");
  }).finally(() => URL.revokeObjectURL(image.src));
  if (Math.max(image.width, image.height) <= LARGEST) return image;
  throw new Error(
    `Expected at most ${LARGEST} pixels a side but found ${image.width} × ${image.height}. Choose a smaller picture.`,
  );
}

/** The middle square of a picture in the size of the network, on white. */
function shrink(source: HTMLImageElement | HTMLCanvasElement): Picture {
  const { width, height } = source;
  const side = Math.min(width, height);
  let [from, x, y, taken] = [source, (width - side) / 2, (height - side) / 2, side];
  // Halving keeps what a single jump to 32 pixels would skip.
  for (let size = 32 * SIZE; size >= SIZE; size /= 2) {
    const canvas = Object.assign(document.createElement("canvas"), { width: size, height: size });
    const context = canvas.getContext("2d", { willReadFrequently: true })!;
    context.fillStyle = "white";
    context.fillRect(0, 0, size, size);
    context.drawImage(from, x, y, taken, taken, 0, 0, size, size);
    [from, x, y, taken] = [canvas, 0, 0, size];
  }
  const { data } = (from as HTMLCanvasElement).getContext("2d")!.getImageData(0, 0, SIZE, SIZE);
  return { size: SIZE, rgb: Uint8Array.from(data.filter((_, i) => i % 4 < 3)) };
}
