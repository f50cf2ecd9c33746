/**
 * "Teach": two new classes, three students, and what each of them forgets.
 * @module
 */
import { useEffect, useRef, useState } from "preact/hooks";
import { FEWEST, hasPhotos, inWords, type OwnClass, SETTINGS, type View } from "./address.ts";
import { GENTLE, METHODS } from "./messages.ts";
import type { Manifest, OwnPicture, Picture, Report, TeachSettings } from "./messages.ts";
import { ClassCard, dropTarget, Pad, Sources } from "./own.tsx";
import {
  Bar,
  Button,
  Choice,
  Lines,
  PictureCanvas,
  pointsAt,
  Table,
  Tile,
  Trade,
  useAnswer,
} from "./parts.tsx";
import { guessOf, inOrder, list, percent, quoted, type Said, toldOf, verdictOf } from "./verdict.ts";
import { isRunning, reportsOfAll, secondsLeft, shareOf } from "./workers.ts";
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
  /** Names of the old things, and of what is taught. */
  readonly oldNames: readonly string[];
  readonly names: readonly string[];
  /** Whether the networks are told that a picture is old or new: as chosen, else for photographs. */
  readonly told: boolean;
}

/** Such as “fish and smiley”, or how many they are. */
function inShort(names: readonly string[]): string {
  return names.length > 2 ? `the ${names.length} new things` : list(names);
}

/** The first section. */
export function Teach(shared: Shared) {
  const { connection, view, change, renew, school: { training, tries }, oldNames, names, told } = shared;
  const { classes, settings } = view;
  const [failure, say] = useState("");
  const before = useAnswer(() => connection.call((worker) => worker.shown()), [], say);
  // The page works without a network from now on. It waits, or its downloads would delay the first picture.
  useEffect(() => void (before && navigator.serviceWorker?.register("offline.js").catch(() => {})), [before]);
  useEffect(() => {
    if (!isRunning(training)) return;
    const ask = (event: Event) => event.preventDefault();
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [isRunning(training)]);
  const isYours = settings.lesson === "yours";
  const isDone = training?.state === "done";
  const setClass = (place: number) => (value: OwnClass) =>
    (value.pictures === classes[place].pictures ? change : renew)({ classes: classes.with(place, value) });
  const running = isRunning(training);
  const [finding, more] = findingOf(shared, before);
  const guess = isDone ? guessOf(view.guess, finding) : "";
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
            {before
              ? `It is right on ${percent(before.report.old.free)} of all test pictures. `
              : "Loading the network … "}
            <span class="wide">
              One of each, and below it its heat map: which places made the network say its name.
            </span>
          </small>
        </section>
        <section aria-labelledby="new">
          <h2 id="new">Teach it {isYours ? "two" : names.length} more</h2>
          {isYours
            ? (
              <div class="cards">
                {classes.map((value, place) => (
                  <ClassCard
                    key={place}
                    {...{ place, value }}
                    disabled={running}
                    onChange={setClass(place)}
                  />
                ))}
              </div>
            )
            : <p>The next of its data set: {list(names)}.</p>}
          <CopyLink classes={classes} />
        </section>
      </div>
      <TeachControls {...{ ...shared, failure }} />
      <div class="finding" aria-live={running ? "off" : "polite"}>
        <p>
          <b>
            {finding}
            {guess}
          </b>{" "}
          {more}
        </p>
        {!training && <Guess {...shared} />}
        {told && (
          <p>
            {toldOf(oldNames.length, names.length, isDone ? tries.at(-1)!.reports : [], before?.report)}
            {view.told === undefined && " The switch is on because of your photographs."}
          </p>
        )}
      </div>
      <Plane {...shared} start={before?.report.old} />
      <div class="columns" data-state={training?.state}>
        {METHODS.map((_, place) => <Column key={place} {...{ ...shared, place, before }} />)}
      </div>
      <p class="note message">
        Bars: right answers on test pictures; the third says how alike its bright places are to those before
        the lesson. Thin lines: before the lesson. Bright places speak for the network’s answer, and may lie
        beside the thing, such as on the ground. C, LwF-MC and LwM are the paper’s names.
      </p>
      {tries.length > (isDone ? 1 : 0) && <Tries {...shared} />}
      {isDone && <Another {...shared} />}
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
      () =>
        say(`Copied: names, drawings and settings.${hasPhotos(classes) ? " Photographs stay here." : ""}`),
      () => say("Expected permission to copy but found none. Copy the page’s address instead."),
    );
  return (
    <small role="status">
      {said || "Nothing leaves this page, unless you send its link."}{" "}
      <Button class="link" onClick={copy}>Copy a link with the drawings</Button>
    </small>
  );
}

/** Why what is chosen cannot be taught. */
function problemOf({ view: { classes, settings }, oldNames, names }: Shared): string {
  if (settings.lesson !== "yours") return "";
  const short = classes.findIndex(({ pictures }) => pictures.length < FEWEST);
  if (short >= 0) return `“${names[short]}” needs ${FEWEST} pictures.`;
  const taken = names.find((name, place) => [...oldNames, ...names.slice(0, place)].includes(name));
  return taken === undefined ? "" : `There is “${taken}” already: choose another name.`;
}

/** Teach and pause in one button, which keeps the focus, and the switch. */
function TeachControls({ failure, ...shared }: Shared & { failure: string }) {
  const { view: { classes, settings }, change, renew, school: { training, start, pause }, names } = shared;
  const state = training?.state;
  const problem = problemOf(shared);
  const controls = useRef<HTMLDivElement>(null);
  const teach = async (count: number) => {
    if (isRunning(training)) return pause(state === "running");
    // Another try means other random numbers: one result is an example.
    // On a phone, what comes of it lies below.
    if (matchMedia("(width < 60rem)").matches) document.querySelector(".controls")!.scrollIntoView();
    for (let i = 0; i < count; i++) {
      const next = { ...settings, seed: (settings.seed + (state === "done" ? i : i - 1)) % 100 + 1 };
      change({ settings: next });
      if (!await start({ settings: next, names, lesson: classes.map(({ pictures }) => pictures) })) return;
    }
  };
  const startOver = (changed: Partial<TeachSettings>) => {
    renew({ settings: { ...settings, ...changed } });
    // The button that was pressed goes.
    controls.current!.querySelector<HTMLElement>(".teach")!.focus();
  };
  const changed = inWords(settings, "changed");
  const [label, message] = {
    none: ["Teach", problem || failure],
    running: ["Pause", training ? roundOf(training) : ""],
    paused: ["Go on", "Paused after this round."],
    done: ["Another try", ""],
    failed: ["Teach again", `The lesson has ended: ${training?.failure}`],
  }[state ?? "none"];
  return (
    <div class="controls" ref={controls}>
      <Button
        class="primary teach"
        disabled={!state && problem !== ""}
        onClick={({ detail }) => detail < 2 && teach(1)}
      >
        {label}
      </Button>
      {state === "done" && <Button onClick={() => teach(3)}>Three more tries</Button>}
      {state && <Button onClick={() => startOver({ seed: GENTLE.seed })}>Start over</Button>}
      {isRunning(training) && <progress value={shareOf(training!) || undefined} aria-label="Progress" />}
      <span class="message" role="status">{message}</span>
      {changed && (
        <small>
          Settings changed: {changed}.{" "}
          <Button class="link" disabled={isRunning(training)} onClick={() => startOver(GENTLE)}>
            Usual settings
          </Button>
        </small>
      )}
      <label class="switch">
        <input
          type="checkbox"
          role="switch"
          checked={shared.told}
          onChange={({ currentTarget }) => change({ told: currentTarget.checked })}
        />
        Tell them whether a picture is old or new
      </label>
    </div>
  );
}

/** Where a training is, in words: how far the bars are, for the rounds run ahead of them. */
function roundOf(training: Training): string {
  if (training.slower) {
    return `Now the first two learn more slowly, until they know no more of the new than ${quoted(2)}: ` +
      `training ${training.dots.length + 1}.`;
  }
  const [{ reports }] = training.students;
  const left = secondsLeft(training);
  const round = reports[reportsOfAll(training) - 1]?.round ?? 0;
  if (round === 0 && left === Infinity) return "Getting ready …";
  const time = left < Infinity ? `, about ${Math.ceil(left)} s left` : "";
  return `After round ${round} of ${training.settings.epochs}${time}.`;
}

/** One method: its bars, and its answers for the old classes. */
function Column({ school: { training }, oldNames, names, told, place, before }: Shared & {
  place: number;
  before?: Before;
}) {
  const { name, title, about } = METHODS[place];
  const reports = training?.students[place].reports.slice(0, reportsOfAll(training));
  const first = before?.report;
  const report = reports?.at(-1) ?? first;
  const kind = told ? "told" : "free";
  const guessed = first && (told ? 1 / names.length : 0);
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
        <Bar label="the old things" share={report?.old[kind]} before={first?.old[kind]} />
        <Bar label={inShort(names)} share={report?.added[kind]} before={guessed} />
        <Bar label="looks where it looked" share={report?.looks} before={first && 1} />
      </div>
      <div class="ten" data-title={title}>
        {training && oldNames.map((oldName, i) => {
          const shown = report?.shown[i];
          const right = shown && shown[kind] === i;
          return (
            <Tile key={i} {...{ picture: shown?.heat, right, label: `${oldName}: ${title}` }}>
              {shown && [...oldNames, ...names][shown[kind]]}
            </Tile>
          );
        })}
      </div>
    </section>
  );
}

/** What has come out so far. */
function findingOf(
  { view: { classes, settings }, school: { training, tries }, names, told }: Shared,
  before?: Before,
): Said {
  if (training?.state === "done" && before) {
    const counts = settings.lesson === "yours" ? classes.map(({ pictures }) => pictures.length) : [];
    const same = tries.slice(training.earlier).map(({ dots }) => dots);
    const kind = told ? "told" : "free";
    return verdictOf(same, kind, Math.min(...counts), before.report.old[kind]);
  }
  if (training) {
    return [
      "",
      "Old pictures are only for the test: nobody learns from them. The first rounds shake all three; the last counts.",
    ];
  }
  return [
    "Which of the three will keep most of the old, when all know equally much of the new? Guess.",
    `All start as the same network. Press Teach, and they learn ${inShort(names)}, here in your browser.`,
  ];
}

/** A guess by a click, which is judged when the tries decide. */
function Guess({ view: { guess }, change }: Shared) {
  return (
    <div class="controls" role="group" aria-label="Your guess">
      {[...METHODS.map(({ title }) => title), "No clear difference"].map((title, i) => (
        <Button
          key={i}
          aria-pressed={guess === i}
          onClick={() => change({ guess: i })}
        >
          {title}
        </Button>
      ))}
    </div>
  );
}

/** What was learned against what was kept: all trainings of this lesson. */
function Plane({ school: { training, tries }, told, start }: Shared & { start?: Report["old"] }) {
  if (!training || !start) return null;
  const kind = told ? "told" : "free";
  const earlier = tries.slice(training.earlier).flatMap(({ dots }) => dots);
  const all = training.state === "done" ? earlier : [...earlier, ...training.dots];
  if (all.length === 0) return null;
  const marks = all.map(({ method, learningRate, seed, report: { old, added } }) => ({
    ...{ method, learningRate, seed },
    ...{ old: old[kind], added: added.free },
  }));
  return <Trade points={marks} start={start[kind]} told={told} />;
}

/** All tries since the page was opened. */
function Tries({ school: { tries }, told }: Shared) {
  const kind = told ? "told" : "free";
  const rows = tries.map(({ names, settings, reports }) => [
    [inShort(names), inWords(settings, "changed"), `seed ${settings.seed}`].filter(Boolean).join(", "),
    ...(["old", "added"] as const).map((what) => inOrder(reports.map((one) => one[what][kind]))),
  ]);
  const about = `Your tries: right answers of ${list(METHODS.map((_, place) => quoted(place)))}` +
    (told ? ", when told" : "");
  return <Table {...{ about, rows }} head={["lesson", "of the old", "of the new"]} />;
}

/** The formula of the paper, the settings that can be changed, and the curves of a training. */
function Settings({ view: { settings }, renew, school: { training } }: Shared) {
  const [open, setOpen] = useState(false);
  const set = (field: keyof TeachSettings) => (value: string | number) =>
    renew({ settings: { ...settings, [field]: value } });
  const points = training?.students.flatMap(({ reports }, i) =>
    reports.slice(0, reportsOfAll(training)).flatMap(({ round, old, added, looks, losses }) =>
      pointsAt(round, METHODS[i].name, {
        "the old things": old.free,
        "the old things, told that they are old": old.told,
        [inShort(training.names)]: added.free,
        "looks where it looked": looks,
        ...Object.fromEntries(Object.entries(losses).filter(([term]) => term.startsWith("L_"))),
      })
    )
  );
  return (
    <details id="curious" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>For the curious: the loss, its settings and curves</summary>
      <p>
        Training lowers the loss: L<sub>C</sub> + β · L<sub>D</sub>{" "}
        + γ · L<sub>AD</sub>. The first term learns the new, the second keeps the old answers, the third where
        it looked. “Only the new” has the first, “Also its old answers” the first two, “Also where it looked”
        all. The lesson “next ten” teaches ten more things of the data set.
      </p>
      <fieldset class="controls" disabled={isRunning(training)}>
        {(Object.keys(SETTINGS) as (keyof TeachSettings)[]).map((field) => (
          <Choice key={field} {...SETTINGS[field]} value={settings[field]} onValue={set(field)} />
        ))}
        {isRunning(training) && <span class="message">Start over to change these.</span>}
      </fieldset>
      {open && training && (
        <Lines
          points={points!}
          label={`Round by round: ${inShort(training.names)}, ${inWords(training.settings, "all")}`}
          x="round"
        />
      )}
    </details>
  );
}

/** One more picture, for which all three answer. */
function Another({ school: { training }, oldNames, names }: Shared) {
  const [picture, setPicture] = useState<OwnPicture>();
  const [failure, say] = useState("");
  const ask = (picture: OwnPicture) =>
    Promise.all(
      training!.students.map(({ connection }) => connection.call((worker) => worker.reply(picture))),
    );
  const replies = useAnswer(() => picture ? ask(picture) : Promise.resolve([]), [picture], say) ?? [];
  const columns = [...oldNames, ...names];
  const taker = { onPictures: ([photo]: readonly OwnPicture[]) => setPicture(photo), onFail: say };
  return (
    <section class="another" aria-labelledby="another" {...dropTarget(taker)}>
      <h2 id="another">Draw another: what do the three say?</h2>
      <div class="asked">
        <div>
          <Pad
            sketch={picture && "sketch" in picture ? picture.sketch : []}
            onSketch={(sketch) => setPicture(sketch.length > 0 ? { sketch } : undefined)}
          />
          <Sources what="another picture" {...taker} padless />
        </div>
        {replies.map(({ answer, scores, heat }, i) => {
          const isOld = answer < oldNames.length;
          const others = isOld ? scores.slice(oldNames.length) : scores.slice(0, oldNames.length);
          const rival = scores.indexOf(Math.max(...others), isOld ? oldNames.length : 0);
          const sure = (column: number) => `${columns[column]}, ${percent(scores[column])} sure`;
          return (
            <div key={i} class="reply" style={{ "--method": `var(--${METHODS[i].name})` }}>
              <h3>{METHODS[i].title}</h3>
              <Tile picture={heat} label={`Your picture: ${METHODS[i].title}`}>
                <b>{sure(answer)}</b>
                <br />
                {isOld ? "likeliest new" : "likeliest old"}: {sure(rival)}
              </Tile>
            </div>
          );
        })}
      </div>
      <p class="message" role="status">
        {failure || (replies.length > 0
          ? "Each thing is asked for by itself, so a network can be almost sure of two."
          : "Draw or choose something new, or something old.")}
      </p>
    </section>
  );
}
