/**
 * A picture of the reader's own: a file, or a drawing on a small pad.
 * @module
 */
import { byId, choice, h, say } from "./dom.ts";
import { context } from "./maps.ts";
import type { Picture } from "./messages.ts";

const PENS = Object.entries({
  "#d55e00": "orange",
  "#222222": "black",
  "#ffffff": "white",
  "#0072b2": "blue",
  "#009e73": "green",
  "#f0c000": "yellow",
});

/** Height and width of a picture for the network. */
const SIZE = 32;
/** Largest side that browsers decode for sure. */
const LARGEST = 8192;

/**
 * Adds the controls.
 * @param onPicture called with each picture
 */
export function ownPicture(onPicture: (picture: Picture) => Promise<void>): void {
  const home = byId("own");
  const take = async (source: Blob | HTMLCanvasElement) => {
    try {
      say("look-message", "");
      await onPicture(await shrink(source));
    } catch (error) {
      say("look-message", error instanceof Error ? error.message : String(error));
    }
  };
  const file = h("input", {
    type: "file",
    accept: "image/*",
    onchange: () => file.files?.[0] && void take(file.files[0]),
  });
  home.addEventListener("dragover", (event) => {
    event.preventDefault();
    home.classList.add("over");
  });
  home.addEventListener("dragleave", () => home.classList.remove("over"));
  home.addEventListener("drop", (event) => {
    event.preventDefault();
    home.classList.remove("over");
    const dropped = event.dataTransfer?.files[0];
    if (dropped) void take(dropped);
  });

  const pad = h("canvas", {
    class: "pad",
    width: 192,
    height: 192,
    role: "img",
    "aria-label": "Drawing pad",
  });
  const pen = context(pad);
  let color = "#d55e00";
  const clear = () => {
    pen.fillStyle = "#c9d3dc";
    pen.fillRect(0, 0, pad.width, pad.height);
  };
  clear();
  pad.addEventListener("pointerdown", (event) => {
    pad.setPointerCapture(event.pointerId);
    pen.beginPath();
    pen.moveTo(event.offsetX, event.offsetY);
  });
  pad.addEventListener("pointermove", (event) => {
    if (event.buttons === 0) return;
    Object.assign(pen, { strokeStyle: color, lineWidth: 14, lineCap: "round", lineJoin: "round" });
    pen.lineTo(event.offsetX, event.offsetY);
    pen.stroke();
  });
  home.append(
    h("div", { class: "controls" }, h("label", {}, "File", file)),
    pad,
    h(
      "div",
      { class: "controls" },
      choice("Pen", PENS, color, (value) => color = value).label,
      h("button", { type: "button", onclick: clear }, "Clear"),
      h("button", { type: "button", onclick: () => void take(pad) }, "Look at the drawing"),
    ),
  );
}

/** The middle square of a picture in the size of the network. */
async function shrink(source: Blob | HTMLCanvasElement): Promise<Picture> {
  const bitmap = await createImageBitmap(source).catch(() => {
    throw new Error(
      "Expected a picture but found a file that this browser cannot decode. Choose a PNG, JPEG or WebP.",
    );
  });
  const { width, height } = bitmap;
  if (Math.max(width, height) > LARGEST) {
    bitmap.close();
    throw new Error(
      `Expected at most ${LARGEST} pixels a side but found ${width} × ${height}. Choose a smaller picture.`,
    );
  }
  const side = Math.min(width, height);
  // Halving first keeps what a single jump to 32 pixels would skip.
  let canvas = h("canvas", { width: Math.min(side, 1024), height: Math.min(side, 1024) });
  context(canvas).drawImage(
    bitmap,
    (width - side) / 2,
    (height - side) / 2,
    side,
    side,
    0,
    0,
    canvas.width,
    canvas.width,
  );
  bitmap.close();
  while (canvas.width > SIZE) {
    const next = Math.max(SIZE, Math.ceil(canvas.width / 2));
    const half = h("canvas", { width: next, height: next });
    context(half).drawImage(canvas, 0, 0, next, next);
    canvas = half;
  }
  if (canvas.width < SIZE) {
    const large = h("canvas", { width: SIZE, height: SIZE });
    context(large).drawImage(canvas, 0, 0, SIZE, SIZE);
    canvas = large;
  }
  const { data } = context(canvas).getImageData(0, 0, SIZE, SIZE);
  const rgb = new Uint8Array(SIZE * SIZE * 3);
  for (let pixel = 0; pixel < SIZE * SIZE; pixel++) {
    // Transparent parts are white.
    const alpha = data[4 * pixel + 3] / 255;
    for (let c = 0; c < 3; c++) rgb[3 * pixel + c] = data[4 * pixel + c] * alpha + 255 * (1 - alpha);
  }
  return { size: SIZE, rgb };
}
