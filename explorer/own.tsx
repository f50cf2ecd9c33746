/**
 * Pictures of the visitor's own: drawn on a pad, chosen or dropped, or taken by the camera. Nothing leaves
 * the page.
 * @module
 */
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { ENOUGH, FEWEST, MOST, nameOf, type OwnClass, readyClass } from "./address.ts";
import { isKept, type OwnPicture, type Picture } from "./messages.ts";
import { Button, PictureCanvas } from "./parts.tsx";
import { cssColor, onGrid, PAD, PENS, READY_NAMES, type Sketch, type Stroke } from "./sketch.ts";

/** Height and width of a picture for the network. */
const SIZE = 32;
/** Width of the pen, as in the drawings that stand ready. */
const PEN_WIDTH = 7;

/** Where pictures and sentences go. */
interface Taker {
  readonly onPictures: (pictures: readonly OwnPicture[]) => void;
  readonly onFail: (sentence: string) => void;
}

/** A drawing. */
export function SketchImage({ sketch }: { sketch: Sketch }) {
  return (
    <svg class="sketch" viewBox={`0 0 ${PAD} ${PAD}`} aria-hidden="true">
      {sketch.map(({ color, width, points }, i) => {
        const line = (points.length === 2 ? [...points, ...points] : points).join(" ");
        return <polyline key={i} points={line} stroke={cssColor(color)} stroke-width={width} />;
      })}
    </svg>
  );
}

/** A pad to draw on with mouse, pen or finger. `onSketch` is called after each stroke. */
export function Pad({ sketch, onSketch }: { sketch: Sketch; onSketch: (sketch: Sketch) => void }) {
  const [pen, setPen] = useState<number>(PENS[2]);
  const [stroke, setStroke] = useState<Stroke>();
  const name = useId();
  const placeOf = ({ currentTarget, clientX, clientY }: MouseEvent) => {
    const { left, top, width } = (currentTarget as Element).getBoundingClientRect();
    return [clientX - left, clientY - top].map((pixels) => onGrid(pixels / width * PAD));
  };
  const finish = () => {
    if (stroke) onSketch([...sketch, stroke]);
    setStroke(undefined);
  };
  return (
    <div class="pad">
      <div
        role="img"
        aria-label="Drawing pad for mouse, pen or finger. Without them, choose a picture."
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          setStroke({ color: pen, width: PEN_WIDTH, points: placeOf(event) });
        }}
        onPointerMove={(event) => {
          if (!stroke) return;
          const [x, y] = placeOf(event);
          const [lastX, lastY] = stroke.points.slice(-2);
          if (Math.hypot(x - lastX, y - lastY) < 1) return; // it says nothing more
          setStroke({ ...stroke, points: [...stroke.points, x, y] });
        }}
        onPointerUp={finish}
        onPointerCancel={finish}
      >
        <SketchImage sketch={stroke ? [...sketch, stroke] : sketch} />
      </div>
      <div class="pens" role="radiogroup" aria-label="Pen">
        {PENS.map((color, i) => (
          <input
            key={color}
            type="radio"
            name={name}
            aria-label={["Orange", "Black", "Blue", "Purple", "Green"][i]}
            style={{ "--pen": cssColor(color) }}
            checked={pen === color}
            onChange={() => setPen(color)}
          />
        ))}
        <Button disabled={sketch.length === 0} onClick={() => onSketch(sketch.slice(0, -1))}>Undo</Button>
        <Button disabled={sketch.length === 0} onClick={() => onSketch([])}>Clear</Button>
      </div>
    </div>
  );
}

/** Ways to a picture of `what`, such as a fish; `padless` where a pad is beside them. */
export function Sources({ what, several, padless, ...taker }: Taker & {
  what: string;
  several?: boolean;
  padless?: boolean;
}) {
  const [open, setOpen] = useState<"draw" | "camera">();
  const choose = ({ currentTarget }: { currentTarget: HTMLInputElement }) => {
    readFiles(currentTarget.files, taker);
    currentTarget.value = "";
  };
  const label = `Choose pictures: ${what}`;
  return (
    <>
      <div class="sources">
        {!padless && <Button aria-label={`Draw ${what}`} onClick={() => setOpen("draw")}>Draw</Button>}
        <label class="button">
          Choose
          <input type="file" accept="image/*" multiple={several} aria-label={label} onChange={choose} />
        </label>
        <Button aria-label={`Camera: ${what}`} onClick={() => setOpen("camera")}>Camera</Button>
      </div>
      {open && <PictureDialog {...{ what, several, ...taker, open }} onClose={() => setOpen(undefined)} />}
    </>
  );
}

/** Lets pictures be dropped on an element, and marks it while they are over it. */
export function dropTarget(taker: Taker) {
  const mark = (on: boolean) => (event: DragEvent) => {
    event.preventDefault();
    (event.currentTarget as Element).toggleAttribute("data-over", on);
    if (event.type === "drop") readFiles(event.dataTransfer?.files, taker);
  };
  return { onDragOver: mark(true), onDragLeave: mark(false), onDrop: mark(false) };
}

async function readFiles(files: FileList | null | undefined, { onPictures, onFail }: Taker): Promise<void> {
  onFail("");
  const failure =
    "Expected a photograph, such as PNG or JPEG, but found a file that this browser cannot decode or measure, such as some SVG files. Choose another.";
  const reading = Array.from(files ?? [], (file) => photoOf(file).catch(() => onFail(failure)));
  const photos = (await Promise.all(reading)).flatMap((photo) => photo ? [{ photo }] : []);
  if (photos.length > 0) onPictures(photos);
}

/** The pad, or the camera, over the page. */
function PictureDialog({ what, several, open, onPictures, onFail, onClose }: Taker & {
  what: string;
  several?: boolean;
  open: "draw" | "camera";
  onClose: () => void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [sketch, setSketch] = useState<Sketch>([]);
  const [taken, setTaken] = useState(0);
  useEffect(() => {
    dialog.current!.showModal();
    dialog.current!.querySelector<HTMLElement>(":checked")?.focus(); // else the first pen
  }, []);
  const close = () => dialog.current!.close();
  /** What is drawn is not lost: done means that it is a picture, too. */
  const finish = () => {
    if (sketch.length > 0) add({ sketch });
    close();
  };
  const add = (picture: OwnPicture) => {
    onFail("");
    onPictures([picture]);
    setSketch([]);
    setTaken((count) => count + 1);
    if (!several) close();
  };
  return (
    <dialog ref={dialog} aria-labelledby="dialog" onClose={onClose}>
      <h3 id="dialog">{open === "camera" ? "Show" : "Draw"} {what}</h3>
      {several && (
        <p>
          {`${FEWEST} to ${MOST} times, a little different each time. ${ENOUGH} or more, in several colors, tell more.`}
        </p>
      )}
      {open === "camera"
        ? <Camera onPhoto={(photo) => add({ photo })} />
        : <Pad sketch={sketch} onSketch={setSketch} />}
      <div class="controls">
        {open === "draw" && (
          <Button
            class="primary"
            disabled={sketch.length === 0}
            onClick={() => add({ sketch })}
          >
            {several ? "Add this drawing" : "Look at this drawing"}
          </Button>
        )}
        <Button onClick={finish}>Done</Button>
        <span class="message" role="status">{taken > 0 && `${taken} added`}</span>
      </div>
    </dialog>
  );
}

/** The camera's picture, and a button that takes one. The browser asks first. */
function Camera({ onPhoto }: { onPhoto: (photo: Picture) => void }) {
  const video = useRef<HTMLVideoElement>(null);
  const [state, setState] = useState("Your browser asks whether this page may use the camera.");
  useEffect(() => {
    const asked = navigator.mediaDevices.getUserMedia({ video: { width: 320, height: 240 } });
    asked.then(async (stream) => {
      if (!video.current) return;
      video.current.srcObject = stream;
      await video.current.play();
      setState("");
    }).catch(({ name }) =>
      setState(
        `Expected a camera that is free and allowed but found none (${name}). Allow it beside the page’s ` +
          "address, connect one, or draw.",
      )
    );
    return () => void asked.then((stream) => stream.getTracks().forEach((track) => track.stop()), () => {});
  }, []);
  const take = () => photoOf(video.current!).then(onPhoto);
  return (
    <>
      <video ref={video} muted playsInline width={320} height={240} />
      <p class="message">{state || "The pictures stay in this page."}</p>
      <Button class="primary" disabled={state !== ""} onClick={take}>Take a picture</Button>
    </>
  );
}

/** One of the two classes: its name, its pictures, and how to replace them. */
export function ClassCard({ place, value, disabled, onChange }: {
  place: number;
  value: OwnClass;
  disabled: boolean;
  onChange: (value: OwnClass) => void;
}) {
  const { name, ready, pictures } = value;
  const [failure, onFail] = useState("");
  const [taken, take] = useState<OwnClass>();
  const latest = useRef(pictures);
  latest.current = ready ? [] : pictures;
  // Drawings that stand ready lend their name to no others; what the visitor wrote stays.
  const own = ready && name === READY_NAMES[place] ? "" : name;
  const swap = () => {
    onFail("");
    take(ready ? undefined : value);
    onChange(ready ? taken! : readyClass(place));
  };
  const onPictures = (added: readonly OwnPicture[]) => {
    const all = [...latest.current, ...added];
    if (all.length > MOST) onFail(`At most ${MOST} pictures: the first ${MOST} are kept.`);
    latest.current = all.slice(0, MOST);
    onChange({ name: own, ready: false, pictures: latest.current });
  };
  const kept = pictures.filter((_, i) => isKept(i)).length;
  const missing = FEWEST - pictures.length;
  const count = pictures.length === 0
    ? `No pictures: ${FEWEST} needed`
    : missing > 0
    ? `${missing} more needed`
    : `${pictures.length} pictures: ${pictures.length - kept} to learn, ${kept} for the test`;
  return (
    <fieldset class="card" disabled={disabled} {...disabled ? {} : dropTarget({ onPictures, onFail })}>
      <legend>New thing {place + 1}</legend>
      <input
        type="text"
        aria-label={`Name of new thing ${place + 1}`}
        maxLength={40}
        placeholder={nameOf({ name: "" }, place)}
        value={name}
        onInput={({ currentTarget }) => onChange({ ...value, name: currentTarget.value })}
      />
      <div class="thumbnails" style={{ "--columns": Math.max(10, Math.ceil(pictures.length / 2)) }}>
        {pictures.map((picture, i) => (
          <span key={i} class="thumbnail">
            {"sketch" in picture
              ? <SketchImage {...picture} />
              : <PictureCanvas picture={picture.photo} aria-hidden />}
          </span>
        ))}
      </div>
      <small class="message" role="status">
        {failure || (disabled ? "Start over to change these." : count)}
      </small>
      <Sources what={nameOf({ name: own }, place)} {...{ onPictures, onFail }} several />
      <div class="links">
        {ready
          ? !taken && <small class="wide">or drop pictures here</small>
          : (
            <Button class="link" onClick={() => onChange({ ...value, pictures: pictures.slice(0, -1) })}>
              Remove the last
            </Button>
          )}
        {(!ready || taken) && (
          <Button key="swap" class="link" onClick={swap}>
            {ready ? "Bring mine back" : "Ready drawings"}
          </Button>
        )}
      </div>
    </fieldset>
  );
}

/**
 * The middle square of a picture in the size of the network, on white.
 * @throws {Error} where it is no picture
 */
async function photoOf(source: File | HTMLVideoElement): Promise<Picture> {
  const whole = await createImageBitmap(source);
  const side = Math.min(whole.width, whole.height);
  const [x, y] = [(whole.width - side) / 2, (whole.height - side) / 2];
  const size = { resizeWidth: SIZE, resizeHeight: SIZE, resizeQuality: "high" } as const;
  const square = await createImageBitmap(whole, x, y, side, side, size);
  const context = new OffscreenCanvas(SIZE, SIZE).getContext("2d")!;
  context.fillStyle = "white";
  context.fillRect(0, 0, SIZE, SIZE);
  context.drawImage(square, 0, 0);
  const { data } = context.getImageData(0, 0, SIZE, SIZE);
  return { size: SIZE, rgb: Uint8Array.from(data.filter((_, i) => i % 4 < 3)) };
}
