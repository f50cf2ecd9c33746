/**
 * "Teach": two new classes, three students, and what each of them forgets.
 * @module
 */
import { useMemo, useState } from "preact/hooks";
import { defaultName, FEWEST, type OwnClass, type View } from "./address.ts";
import { METHODS } from "./messages.ts";
import type { Manifest, OwnPicture, Picture, Report } from "./messages.ts";
import { ClassCard, dropTarget, Pad } from "./own.tsx";
import { Bar, Button, digits, percent, PictureCanvas, Tile, useAnswer } from "./parts.tsx";
import { type Connection, isRunning, progressOf } from "./workers.ts";
import type { Student, Training, useTraining } from "./workers.ts";

/** The old classes as M₀ knows them. */
type Before = { pictures: readonly Picture[]; report: Report };

/** What the sections share. */
export interface Shared {
  readonly connection: Connection;
  readonly manifest: Manifest;
  readonly view: View;
  readonly change: (changed: Partial<View>) => void;
  readonly school: ReturnType<typeof useTraining>;
}

/** Whether the networks are told: as chosen, else for photographs. */
function isTold({ told, classes }: View): boolean {
  return told ?? hasPhotos(classes);
}

function hasPhotos(classes: readonly OwnClass[]): boolean {
  return classes.some(({ pictures }) => pictures.some((picture) => "photo" in picture));
}

/** The first section. */
export function Teach(shared: Shared) {
  const { connection, manifest, view: { classes }, change, school: { training } } = shared;
  const oldNames = manifest.classNames.slice(0, manifest.stepSizes[0]);
  const [failure, say] = useState("");
  const before = useAnswer(() => connection.call((worker) => worker.shown()), [], say);
  const names = training?.names ?? classes.map(({ name }) => name);
  const setClass = (place: number) => (value: OwnClass) =>
    change({ classes: classes.map((one, i) => i === place ? value : one) });
  const told = isTold(shared.view);
  const running = isRunning(training);
  const measured = training?.students.map(({ reports }) => reports.length).join();
  // Drawn anew only when they change: a training redraws the page often.
  const cards = useMemo(
    () =>
      classes.map((value, place) => (
        <ClassCard key={place} {...{ place, value }} disabled={running} onChange={setClass(place)} />
      )),
    [classes, running],
  );
  const columns = useMemo(
    () =>
      METHODS.map((method, i) => (
        <Column key={i} {...{ method, before, told, oldNames, names }} student={training?.students[i]} />
      )),
    [before, told, names.join(), measured],
  );
  const rate = before && `${percent(before.report.old.free)} of ${before.report.tested[0]} test pictures`;
  return (
    <>
      <div class="start">
        <section aria-labelledby="knows">
          <h2 id="knows">It knows {oldNames.length} things</h2>
          <div class="ten">
            {oldNames.map((name, i) => (
              <div key={name}>
                <PictureCanvas class="plain" picture={before?.pictures[i]} aria-hidden />
                <Tile picture={before?.report.shown[i].heat}>{name}</Tile>
              </div>
            ))}
          </div>
          <small>Bright is where it looks. It is right on {rate ?? "…"}.</small>
        </section>
        <section aria-labelledby="new">
          <h2 id="new">Teach it two more</h2>
          <div class="cards">{cards}</div>
          <small>Use these or your own: nothing leaves this page.</small>
        </section>
      </div>
      <TeachControls {...shared} failure={failure} />
      <p class="finding" aria-live={running ? "off" : "polite"}>
        <Finding {...{ training, told, names }} />
        {training?.lesson !== "increment" && hasPhotos(classes) && (
          " With photographs, all three take almost every old picture for something new. So they are told which are old."
        )}
      </p>
      <div class="columns" data-state={training?.state}>{columns}</div>
      <p class="note message">
        Each bar is the share of right answers on test pictures; the thin line is the network before the
        lesson. The third bar compares the maps with those from before: 1 is the same place.
      </p>
      {training?.state === "done" && <Another {...{ training, oldNames }} />}
    </>
  );
}

/** Teach and pause in one button, which keeps the focus, and the switch. */
export function TeachControls({ manifest, view, change, school, failure }: Shared & { failure?: string }) {
  const { training, start, pause, end } = school;
  const { classes, lesson, settings } = view;
  const [notice, say] = useState("");
  const state = training?.state;
  const running = isRunning(training);
  const teach = () => {
    if (running) return pause(state === "running");
    const short = classes.find(({ pictures }) => pictures.length < FEWEST);
    if (short && lesson === "own") return say(`“${short.name}” needs at least ${FEWEST} pictures.`);
    say("");
    // Once more means with other random numbers: one result is an example.
    const again = state === "done" ? { ...settings, seed: settings.seed + 1 } : settings;
    change({ settings: again });
    const [base, increment] = manifest.stepSizes;
    const own = classes.map(({ name, pictures }, i) => ({ name: name.trim() || defaultName(i), pictures }));
    start(
      lesson === "own"
        ? { settings: again, lesson: own.map(({ pictures }) => pictures), names: own.map(({ name }) => name) }
        : { settings: again, lesson, names: manifest.classNames.slice(base, base + increment) },
    );
    // On a phone, what comes of it lies below.
    if (matchMedia("(width < 60rem)").matches) document.querySelector(".controls")!.scrollIntoView();
  };
  const { share, left } = training ? progressOf(training) : { share: 0, left: 0 };
  const [label, message] = {
    none: ["Teach", notice || failure],
    running: ["Pause", share > 0.03 ? `About ${left} s left.` : "They start …"],
    paused: ["Go on", "Paused."],
    done: ["Teach again", notice],
    failed: ["Teach again", `The lesson has ended: ${training?.failure}`],
  }[state ?? "none"];
  return (
    <div class="controls">
      <Button class="primary teach" onClick={teach}>{label}</Button>
      {state && <Button onClick={end}>Start over</Button>}
      {running && <progress value={share} aria-label="Progress of the lesson" />}
      <span class="message" role="status">{message}</span>
      <label class="switch">
        <input
          type="checkbox"
          role="switch"
          checked={isTold(view)}
          onChange={({ currentTarget }) => change({ told: currentTarget.checked })}
        />
        Tell them whether a picture is old or new
      </label>
    </div>
  );
}

/** One method: its bars, and its answers for the old classes. */
function Column({ method: { name, title, about }, student, before, told, oldNames, names }: {
  method: typeof METHODS[number];
  student?: Student;
  before?: Before;
  told: boolean;
  oldNames: readonly string[];
  names: readonly string[];
}) {
  const first = before?.report;
  const report = student?.reports.at(-1) ?? first;
  const kind = told ? "told" : "free";
  const columns = [...oldNames, ...names];
  const old = report?.old[kind];
  const added = names.length > 2 ? `${names.length} new things` : list(names);
  const numbers = JSON.stringify(student?.reports, (field, value) => field === "heat" ? undefined : value);
  return (
    <section
      class="column"
      aria-labelledby={name}
      style={{ "--method": `var(--${name})` }}
      data-reports={numbers}
    >
      <h3 id={name}>
        {title} <small>{name}</small>
      </h3>
      <p class="about">{about}</p>
      <Bar label={`the ${oldNames.length} old things`} share={old} before={first?.old[kind]} text={percent} />
      <Bar label={added} share={report?.added[kind]} before={0} text={percent} />
      <Bar label="looks where it looked" share={report?.looks} before={1} text={digits} />
      <div class="ten">
        {oldNames.map((oldName, i) => {
          const shown = report?.shown[i];
          const answer = shown?.[kind];
          return (
            <Tile
              key={i}
              picture={shown?.heat}
              right={shown && answer === i}
              label={`${oldName}, as ${name} looks at it`}
            >
              {columns[answer!]}
            </Tile>
          );
        })}
      </div>
    </section>
  );
}

/** What has come out so far, in words: who forgets least, and what that costs. */
function Finding(
  { training, told, names }: { training?: Training; told: boolean; names: readonly string[] },
) {
  if (!training) return <>All three start as the same network. Press Teach, and they learn {list(names)}.</>;
  const kind = told ? "told" : "free";
  const reports = training.students.map(({ reports }) => reports.at(-1));
  const round = Math.min(...reports.map((report) => report?.round ?? 0));
  const rounds = `Round ${round} of ${training.settings.epochs}.`;
  if (training.state !== "done") {
    return <>{rounds} Old pictures are only for the test: nobody learns from them.</>;
  }
  const results = reports.map((report, i) => ({
    ...METHODS[i],
    old: report!.old[kind],
    added: report!.added[kind],
  }));
  const [best, ...others] = results.sort((a, b) => b.old - a.old);
  const rest = (field: "old" | "added") => list(others.map((one) => percent(one[field])));
  const price = others.every(({ added }) => added > best.added) && "The price: it learns less of the new.";
  return (
    <>
      <b>“{best.title}” forgets least.</b> It is right on {percent(best.old)}{" "}
      of the old pictures, the others on {rest("old")}. <b>{price}</b> It is right on {percent(best.added)}
      {" "}
      of the new pictures, the others on {rest("added")}.
    </>
  );
}

/** Words as in a sentence: a, b, and c. */
export function list(words: readonly string[]): string {
  return new Intl.ListFormat("en").format(words);
}

/** One more picture, for which all three answer. */
function Another({ training, oldNames }: { training: Training; oldNames: readonly string[] }) {
  const [picture, setPicture] = useState<OwnPicture>();
  const [failure, say] = useState("");
  const { students, names } = training;
  const ask = (picture: OwnPicture) =>
    Promise.all(students.map(({ connection }) => connection.call((worker) => worker.reply(picture))));
  const replies = useAnswer(() => picture ? ask(picture) : Promise.resolve([]), [picture], say) ?? [];
  const columns = [...oldNames, ...names];
  const target = dropTarget({ onPictures: ([photo]) => setPicture(photo), onFail: say });
  return (
    <section class="another" aria-labelledby="another" {...target}>
      <h2 id="another">Draw another: what do the three say?</h2>
      <div class="asked">
        <Pad
          sketch={picture && "sketch" in picture ? picture.sketch : []}
          onSketch={(sketch) => setPicture(sketch.length > 0 ? { sketch } : undefined)}
        />
        {METHODS.map(({ name, title }, i) => (
          <div key={name} class="reply" style={{ "--method": `var(--${name})` }}>
            <h3>{title}</h3>
            {replies[i] && (
              <Tile picture={replies[i].heat} label={`Your picture, as ${name} looks at it`}>
                <b>{columns[replies[i].answer]}</b>, {percent(replies[i].score)} sure
              </Tile>
            )}
            {replies.length === 0 && (
              <p class="message">Draw a {names.slice(0, 2).join(" or a ")}, or an old thing.</p>
            )}
          </div>
        ))}
      </div>
      <p class="message" role="status">{failure}</p>
    </section>
  );
}
