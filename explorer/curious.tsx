/**
 * "For the curious": the settings of a lesson, its curves, and the numbers between two models.
 * @module
 */
import { useState } from "preact/hooks";
import { FORMS, RANGES, settingsOf, type View } from "./address.ts";
import { usePicture } from "./look.tsx";
import { allModels, modelName, type TeachSettings } from "./messages.ts";
import { Choice, digits, Lines, Slider, useAnswer } from "./parts.tsx";
import { list, type Shared, TeachControls } from "./teach.tsx";
import { isRunning, type Training } from "./workers.ts";

/** Most points of a curve. */
const MOST_POINTS = 100;

/** The last section, folded. */
export function Curious(shared: Shared) {
  const { manifest, view: { lesson, settings }, change, school: { training } } = shared;
  const [open, setOpen] = useState(false);
  const setLesson = (lesson: View["lesson"]) => change({ lesson, settings: settingsOf(lesson, manifest) });
  const set = (field: keyof TeachSettings) => (value: string | number) =>
    change({ settings: { ...settings, [field]: value } });
  return (
    <details id="curious" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>For the curious</summary>
      {open && (
        <>
          <p>
            L = L<sub>C</sub> + β · L<sub>D</sub>{" "}
            + γ · L<sub>AD</sub>: the first term learns the new, the second keeps the old scores, the third
            the old attention maps. C has the first, LwF-MC the first two, LwM all.
          </p>
          <fieldset class="controls" disabled={isRunning(training)}>
            <Choice
              label="Lesson"
              options={[["own", "the new things above"], ["increment", "the next classes of the data set"]]}
              value={lesson}
              onValue={(value) => setLesson(value as View["lesson"])}
            />
            {Object.entries(RANGES).map(([field, { label, ...range }]) => {
              const name = field as keyof typeof RANGES;
              return (
                <Slider key={field} {...{ label, ...range }} value={settings[name]} onValue={set(name)} />
              );
            })}
            {Object.entries(FORMS).map(([field, { label, options }]) => {
              const name = field as keyof typeof FORMS;
              return (
                <Choice key={field} {...{ label, options, value: settings[name] }} onValue={set(name)} />
              );
            })}
          </fieldset>
          <TeachControls {...shared} />
          {training && <Curves training={training} />}
          <h3>Two networks on the picture of the second section</h3>
          <Pair {...shared} />
        </>
      )}
    </details>
  );
}

/** The curves of a training, with the settings that it was started with. */
function Curves({ training: { settings, students, lesson, names } }: { training: Training }) {
  const { beta, gamma, learningRate, classification, distillation, norm, seed } = settings;
  const terms = [["L_C", "L_C", 1], ["β·L_D", "L_D", beta], ["γ·L_AD", "L_AD", gamma]] as const;
  const losses = students.flatMap(({ method, losses }) => {
    const every = Math.ceil(losses.length / MOST_POINTS);
    return losses.flatMap((loss, i) =>
      terms.filter(([, term]) => i % every === 0 && term in loss)
        .map(([what, term, weight]) => ({ method, what, x: i + 1, value: weight * loss[term] }))
    );
  });
  const rates = students.flatMap(({ method, reports }) =>
    reports.flatMap(({ round: x, old, added, looks }) => {
      const values = { old: old.free, "old, told": old.told, new: added.free, attention: looks };
      return Object.entries(values).map(([what, value]) => ({ method, what, x, value }));
    })
  );
  const what = lesson === "increment" ? `${names.length} classes` : list(names);
  const weights = `learning rate ${learningRate}, β ${beta}, γ ${gamma}, seed ${seed}`;
  return (
    <>
      <p class="message">{what}: {weights}, L_C {classification}, L_D {distillation}, {norm}.</p>
      <div class="curves">
        <Lines points={losses} label="The weighted terms of the loss" x={{ label: "iteration" }} />
        <Lines points={rates} label="On test pictures" x={{ label: "round" }} />
      </div>
    </>
  );
}

/** Two models as teacher and student on one picture: their numbers in a sentence. */
function Pair(shared: Shared) {
  const { connection, manifest } = shared;
  const { picture, failure } = usePicture(shared, true);
  const [problem, say] = useState("");
  const models = allModels(manifest);
  const names = models.map(modelName);
  const [pair, setPair] = useState([0, names.length - 1]);
  const compared = useAnswer(
    () => picture && connection.call((worker) => worker.compare(picture, [models[pair[0]], models[pair[1]]])),
    [picture, ...pair],
    say,
  );
  const choose = (place: number) => (name: string) => setPair(pair.with(place, names.indexOf(name)));
  return (
    <>
      <div class="controls">
        <Choice label="Teacher" options={names} value={names[pair[0]]} onValue={choose(0)} />
        <Choice label="Student" options={names} value={names[pair[1]]} onValue={choose(1)} />
      </div>
      <p class="message" role="status">{failure || problem}</p>
      {compared && (
        <p id="pair" class="finding" aria-live="polite" data-numbers={JSON.stringify(compared)}>
          For “{manifest.classNames[compared.topBaseClass]}”, the student’s top class among those that both
          know, the score goes from {digits(compared.scores[0])} to{" "}
          {digits(compared.scores[1])}. L<sub>D</sub> is {digits(compared.L_D)}, L<sub>AD</sub>{" "}
          {digits(compared.L_AD)}, and the cosine of the two maps {digits(compared.cosine)}.
        </p>
      )}
    </>
  );
}
