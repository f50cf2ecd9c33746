/**
 * "Teach": two new classes, three students, and what each of them forgets.
 * @module
 */
import { useEffect, useMemo, useState } from "preact/hooks";
import { FEWEST, hasPhotos, nameOf, type OwnClass, RANGES, type View } from "./address.ts";
import { METHODS } from "./messages.ts";
import type { Manifest, OwnPicture, Picture, Report } from "./messages.ts";
import { ClassCard, dropTarget, Pad } from "./own.tsx";
import { Bar, Button, Lines, PictureCanvas, Tile, useAnswer } from "./parts.tsx";
import { list, percent, type Said, toldOf, verdictOf } from "./verdict.ts";
import { isRunning, reportsOfAll, shareOf } from "./workers.ts";
import type { Connection, Training, useTraining } from "./workers.ts";

/** The old classes as M_0 knows them. */
type Before = { pictures: readonly Picture[]; report: Report };

/** What the sections share. */
export interface Shared {
  readonly connection: Connection;
  readonly manifest: Manifest;
  readonly view: View;
  readonly change: (changed: Partial<View>) => void;
  /** The same for what is taught or how: results of what was there before go. */
  readonly renew: (changed: Partial<View>) => void;
  readonly school: ReturnType<typeof useTraining>;
}

/** Whether the networks are told: as chosen, else for photographs. */
function isTold({ told, classes }: View): boolean {
  return told ?? hasPhotos(classes);
}

/** The first section. */
export function Teach(shared: Shared) {
  const { connection, manifest, view, change, renew, school: { training } } = shared;
  const { classes } = view;
  const oldNames = manifest.classNames.slice(0, manifest.stepSizes[0]);
  const [failure, say] = useState("");
  const before = useAnswer(() => connection.call((worker) => worker.shown()), [], say);
  const names = classes.map(nameOf);
  const setClass = (place: number) => (value: OwnClass) =>
    (value.pictures === classes[place].pictures ? change : renew)({ classes: classes.with(place, value) });
  const told = isTold(view);
  const running = isRunning(training);
  const count = training ? reportsOfAll(training) : 0;
  // Drawn anew only when they change: a training redraws the page often.
  const cards = useMemo(
    () =>
      classes.map((value, place) => (
        <ClassCard key={place} {...{ place, value }} disabled={running} onChange={setClass(place)} />
      )),
    [classes, running],
  );
  const columns = useMemo(() => {
    const reports = training?.students.map(({ reports }) => reports.slice(0, count));
    return (
      <>
        <div class="columns" data-state={training?.state}>
          {METHODS.map((method, i) => (
            <Column key={i} {...{ method, before, told, oldNames, names }} reports={reports?.[i]} />
          ))}
        </div>
        <p class="note message">
          Bars: the share of right answers on test pictures, and how alike the maps are to those before the
          lesson. The thin line is the network before the lesson.
        </p>
        {reports && count > 1 && <Rounds reports={reports} names={names} />}
      </>
    );
  }, [before, told, names.join(), count, training, training?.state]);
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
          <small>
            Bright places speak for its answer; they may lie beside the thing. Shown is one of each that it
            gets right. It is right on {before ? percent(before.report.old.free) : "…"} of all test pictures.
          </small>
        </section>
        <section aria-labelledby="new">
          <h2 id="new">Teach it two more</h2>
          <div class="cards">{cards}</div>
          <CopyLink classes={classes} />
        </section>
      </div>
      <TeachControls {...shared} failure={failure} />
      <div class="finding" aria-live={running ? "off" : "polite"}>
        <p>
          {findingOf(training, told, classes).map(([bold, rest]) => (
            <span key={rest}>
              <b>{bold}</b> {rest}
              {" "}
            </span>
          ))}
        </p>
        {told && (
          <p class="message">
            {toldOf(
              oldNames.length,
              names.length,
              training?.state === "done" ? training.tries.at(-1) : undefined,
              before?.report,
            )}
            {hasPhotos(classes) && (
              " With photographs, all three take almost every old picture for something new."
            )}
          </p>
        )}
      </div>
      {columns}
      {training?.state === "done" && <Another {...{ training, oldNames, names }} />}
      <Settings {...shared} />
    </>
  );
}

/** Says what stays in the page, and copies its address. */
function CopyLink({ classes }: { classes: readonly OwnClass[] }) {
  const [said, say] = useState("");
  useEffect(() => say(""), [classes]);
  const copy = () =>
    navigator.clipboard.writeText(location.href).then(
      () => say(`Copied: names${hasPhotos(classes) ? ", no photographs," : " and drawings"} and settings.`),
      () => say("Expected leave to copy but found none. Copy the page’s address."),
    );
  return (
    <small role="status">
      {said || "Nothing leaves this page, unless you send its link."}{" "}
      <Button class="link" onClick={copy}>Copy a link with the drawings</Button>
    </small>
  );
}

/** Teach and pause in one button, which keeps the focus, and the switch. */
function TeachControls({ view, change, school, failure = "" }: Shared & { failure?: string }) {
  const { training, start, pause, end } = school;
  const { classes, settings } = view;
  const state = training?.state;
  const short = classes.findIndex(({ pictures }) => pictures.length < FEWEST);
  const teach = () => {
    if (isRunning(training)) return pause(state === "running");
    // Another try means other random numbers: one result is an example.
    const next = state === "done" ? { ...settings, seed: settings.seed + 1 } : settings;
    change({ settings: next });
    start({ settings: next, lesson: classes.map(({ pictures }) => pictures) });
    // On a phone, what comes of it lies below.
    if (matchMedia("(width < 60rem)").matches) document.querySelector(".controls")!.scrollIntoView();
  };
  const share = training ? shareOf(training) : 0;
  const round = share > 0
    ? `Round ${Math.floor(share * training!.settings.epochs)} of ${training!.settings.epochs}.`
    : "Loading …";
  const [label, message] = {
    none: ["Teach", short < 0 ? failure : `“${nameOf(classes[short], short)}” needs ${FEWEST} pictures.`],
    running: ["Pause", round],
    paused: [
      "Go on",
      training?.students.every(({ rests }) => rests) ? "Paused." : "Pausing after this round …",
    ],
    done: ["Another try", ""],
    failed: ["Teach again", `The lesson has ended: ${training?.failure}`],
  }[state ?? "none"];
  return (
    <div class="controls">
      <Button class="primary teach" disabled={!state && short >= 0} onClick={teach}>{label}</Button>
      {state && <Button onClick={end}>Start over</Button>}
      {isRunning(training) && <progress value={share || undefined} aria-label="Progress of the lesson" />}
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
function Column({ method: { name, title, about }, reports, before, told, oldNames, names }: {
  method: typeof METHODS[number];
  reports?: readonly Report[];
  before?: Before;
  told: boolean;
  oldNames: readonly string[];
  names: readonly string[];
}) {
  const first = before?.report;
  const report = reports?.at(-1) ?? first;
  const kind = told ? "told" : "free";
  const columns = [...oldNames, ...names];
  return (
    <section
      class="column"
      aria-labelledby={name}
      style={{ "--method": `var(--${name})` }}
      data-reports={JSON.stringify(reports, (field, value) => field === "heat" ? undefined : value)}
    >
      <div class="way">
        <h3 id={name}>
          {title} <small>({name})</small>
        </h3>
        <p class="about">{about}</p>
        <Bar
          label={`the ${oldNames.length} old things`}
          share={report?.old[kind]}
          before={first?.old[kind]}
        />
        <Bar label={list(names)} share={report?.added[kind]} before={first && 0} />
        <Bar label="looks where it looked" share={report?.looks} before={first && 1} />
      </div>
      <div class="ten" data-title={title}>
        {oldNames.map((oldName, i) => {
          const shown = report?.shown[i];
          const answer = shown?.[kind];
          return (
            <Tile
              key={i}
              picture={shown?.heat}
              right={shown && answer === i}
              label={`${oldName}: ${title}`}
            >
              {columns[answer!]}
            </Tile>
          );
        })}
      </div>
    </section>
  );
}

/** What has come out so far. */
function findingOf(training: Training | undefined, told: boolean, classes: readonly OwnClass[]): Said[] {
  if (training?.state === "done") {
    const fewest = Math.min(...classes.map(({ pictures }) => pictures.length));
    return verdictOf(training.tries, told ? "told" : "free", fewest);
  }
  return [[
    "",
    training
      ? "Old pictures are only for the test: nobody learns from them. The first rounds shake all three; the last counts."
      : `All three start as the same network. Press Teach, and they learn ${list(classes.map(nameOf))}.`,
  ]];
}

/** The measured numbers of all students, round by round. */
function Rounds({ reports, names }: { reports: readonly (readonly Report[])[]; names: readonly string[] }) {
  const points = reports.flatMap((ofOne, i) =>
    ofOne.flatMap(({ round: x, old, added, looks }) => {
      const values = {
        "the old things": old.free,
        "the old things, told that they are old": old.told,
        [list(names)]: added.free,
        "looks where it looked": looks,
      };
      return Object.entries(values).map(([what, value]) => ({ method: METHODS[i].name, what, x, value }));
    })
  );
  return <Lines {...{ points }} label="Round by round, on test pictures" x="round" />;
}

/** The formula of the paper, and the settings that can be changed. */
function Settings({ view: { settings }, renew, school: { training } }: Shared) {
  return (
    <details id="curious">
      <summary>For the curious: the loss and its settings</summary>
      <p>
        In training, a network lowers its loss: L<sub>C</sub> + β · L<sub>D</sub> + γ · L<sub>AD</sub>{" "}
        together. The first term learns the new, the second keeps the old answers, the third where it looked.
        “Only the new” has the first, “Also its old answers” the first two, “Also where it looked” all.
      </p>
      <fieldset class="controls" disabled={isRunning(training)}>
        {Object.entries(RANGES).map(([field, { label, ...range }]) => {
          const value = settings[field as keyof typeof RANGES];
          return (
            <label key={field}>
              {`${label}: ${value}`}
              <input
                type="range"
                aria-label={label}
                {...{ ...range, value }}
                onInput={({ currentTarget }) =>
                  renew({ settings: { ...settings, [field]: currentTarget.valueAsNumber } })}
              />
            </label>
          );
        })}
      </fieldset>
    </details>
  );
}

/** One more picture, for which all three answer. */
function Another({ training: { students }, oldNames, names }: {
  training: Training;
  oldNames: readonly string[];
  names: readonly string[];
}) {
  const [picture, setPicture] = useState<OwnPicture>();
  const [failure, say] = useState("");
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
        {replies.map(({ answer, scores, heat }, i) => {
          const best = (from: number, end?: number) =>
            scores.indexOf(Math.max(...scores.slice(from, end)), from);
          return (
            <div key={i} class="reply" style={{ "--method": `var(--${METHODS[i].name})` }}>
              <h3>{METHODS[i].title}</h3>
              <Tile picture={heat} label={`Your picture: ${METHODS[i].title}`}>
                <b>{columns[answer]}</b>, {answer < oldNames.length ? "an old" : "a new"} thing:{" "}
                {percent(scores[answer])} sure
              </Tile>
              {[best(0, oldNames.length), best(oldNames.length)].map((column) => (
                <Bar key={column} label={columns[column]} share={scores[column]} />
              ))}
            </div>
          );
        })}
      </div>
      <p class="message" role="status">
        {failure || (replies.length > 0
          ? "The bars set the likeliest old thing against the likeliest new one: the longer bar is the answer."
          : `Draw ${list(names)}, or an old thing.`)}
      </p>
    </section>
  );
}
