/**
 * The methods, one entry each: configurations, presets, run folders, tables and figures derive from the
 * entries. The difference between two of the three is what the paper is about.
 *
 * L = L_C + β · L_D + γ · L_AD (Dhar et al., arXiv 1811.08051, equation (3)); LwF-MC leaves out the last term
 * (Li and Hoiem's "Learning without Forgetting" in the form of Rebuffi et al., CVPR 2017), C the last two.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import {
  type AttentionClass,
  attentionDistillation,
  type AttentionForm,
  attentionLoss,
  type ClassificationKind,
  classificationLoss,
  type DistillationKind,
  distillationLoss,
  type MapNorm,
  topBaseClass,
} from "../losses/mod.ts";
import type { ForwardPass } from "../model/mod.ts";
import type { Scalar, Tensor2D } from "../tensors.ts";
import { UserError } from "../user_error.ts";
import type { TeacherAnswers } from "./teacher.ts";

/** Name of a method: one of the paper's, or one that {@linkcode defineMethod} added. */
export type MethodName = "C" | "LwF-MC" | "LwM" | (string & Record<never, never>);

/** How the loss terms are computed and weighted. */
export interface LossOptions {
  /** L_C: softmax over the new classes or over all, or sigmoids of the new classes or of all. */
  classification: ClassificationKind;
  /** L_D: sigmoids (iCaRL's LwF-MC), or softmax softened by the temperature. */
  distillation: DistillationKind;
  /** Temperature of the softened softmax. */
  temperature: number;
  /** β: weight of L_D, from 0 to 10; between 0 and 1 in the paper. */
  beta: number;
  /** γ: weight of L_AD, from 0 to 10; between 0 and 1 in the paper. */
  gamma: number;
  /** Norm of the difference of the two maps in L_AD. */
  norm: MapNorm;
  /** Class whose maps L_AD compares: the student's top base class (the paper's b), or another. */
  attentionClass: AttentionClass;
  /** How L_AD is computed: as in the paper, or with one of the mistakes of other implementations. */
  attentionForm: AttentionForm;
}

/** Inputs of the loss for one batch: B images, C classes of which the first C_b are base classes. */
export interface BatchOutputs {
  /** The student's logits (B, C) and feature maps (B, h, w, K). */
  student: ForwardPass;
  /** (K, C) weights of the student's head. */
  weights: Tensor2D;
  /** (B, C) one-hot labels, columns as in the student's head. */
  labels: Tensor2D;
  /** C_b: number of classes that the teacher knows; 0 in the base step. */
  baseClasses: number;
  /**
   * The frozen teacher's outputs for the same images; absent in the base step and where the method uses no
   * teacher.
   */
  teacher?: TeacherAnswers;
  /** What random draws of the loss depend on, such as the seed, the step and the iteration. */
  randomKeys?: readonly (string | number)[];
}

/** One term of a loss. */
export interface LossTerm {
  /** The term for one batch: a scalar, before weighting. */
  readonly value: (batch: BatchOutputs, options: LossOptions) => Scalar;
  /** Weight of the term in the loss and its symbol, such as β; 1 if absent. */
  readonly weight?: { readonly symbol: string; readonly value: (options: LossOptions) => number };
}

/** The scalars of {@linkcode lossTerms} by the name of the term. */
export type LossTerms = Readonly<Record<string, Scalar>>;

/** The shapes that mark methods in figures. */
export type MethodSymbol = "circle" | "square" | "triangle" | "diamond";

/** Everything that distinguishes a method from others. */
export interface Method {
  /** The loss in one line, for the help of the commands. */
  readonly description: string;
  /** The terms of the loss by name, in the order in which they are added. */
  readonly terms: Readonly<Record<string, LossTerm>>;
  /** Whether a term needs the outputs of M_{t−1}. */
  readonly usesTeacher: boolean;
  /** The options that the terms depend on; others are no part of what identifies a run. */
  readonly fields: readonly (keyof LossOptions)[];
  /**
   * Configuration fields tuned for the method on validation data, by the name of the data set. `photos` are
   * for data sets of photographs that have no entry.
   */
  readonly tuned?: { readonly [dataset: string]: TunedFields };
  /** Color in every figure, such as `#009e73`. */
  readonly color: string;
  /** Symbol in every figure, so that no figure depends on color alone. */
  readonly symbol: MethodSymbol;
}

/** Fields of the configuration that {@linkcode Method.tuned} may set. */
export type TunedFields = Readonly<Partial<LossOptions & { learningRate: number }>>;

const registry = new Map<string, Method>();

/**
 * Adds a method. Configurations accept it at once, and tables and figures list it after those defined before.
 * @param name as in `configure({ method: name })`
 * @param method its loss, and how figures draw it
 * @throws {UserError} where a method of this name exists
 */
export function defineMethod(name: string, method: Method): void {
  if (registry.has(name)) {
    throw new UserError(
      `Expected a new name for a method but found "${name}", which exists. Choose another.`,
    );
  }
  const missing = ["description", "terms", "usesTeacher", "fields", "color", "symbol"]
    .filter((part) => !(part in Object(method)));
  if (missing.length > 0) {
    throw new UserError(
      `Expected the method "${name}" to have all that a Method has but found no ${
        missing.join(", ")
      }. Add them; ` +
        'methodNamed("LwM") shows an example.',
    );
  }
  registry.set(name, method);
}

/** The names of all methods, in the order in which tables and figures list them. */
export function methodNames(): MethodName[] {
  return [...registry.keys()];
}

/**
 * The entry of a method.
 * @throws {UserError} where there is no such method
 */
export function methodNamed(name: MethodName): Method {
  const method = registry.get(name);
  if (method !== undefined) return method;
  throw new UserError(
    `Expected one of the methods ${methodNames().join(", ")} but found "${name}". ` +
      "Define it with defineMethod().",
  );
}

/** The terms of a method's loss for one batch by name, before weighting: scalars. */
export function lossTerms(method: MethodName, batch: BatchOutputs, options: LossOptions): LossTerms {
  const terms = Object.entries(methodNamed(method).terms);
  return Object.fromEntries(terms.map(([name, { value }]) => [name, value(batch, options)]));
}

/** The weighted sum of the terms from {@linkcode lossTerms}, for LwM L = L_C + β · L_D + γ · L_AD. */
export function totalLoss(method: MethodName, terms: LossTerms, options: LossOptions): Scalar {
  return tf.tidy(() =>
    Object.entries(methodNamed(method).terms)
      .map(([name, { weight }]) => weight ? tf.mul<Scalar>(terms[name], weight.value(options)) : terms[name])
      .reduce((sum, term) => tf.add(sum, term))
  );
}

const L_C: LossTerm = {
  value: ({ student, labels, baseClasses }, { classification }) =>
    classificationLoss(student.logits, labels, { kind: classification, baseClasses }),
};
const L_D: LossTerm = {
  weight: { symbol: "β", value: ({ beta }) => beta },
  value: ({ student, teacher }, { distillation, temperature }) =>
    distillationLoss(teacher!.logits, student.logits, { kind: distillation, temperature }),
};
const L_AD: LossTerm = {
  weight: { symbol: "γ", value: ({ gamma }) => gamma },
  value: ({ student, weights, labels, teacher, randomKeys }, { attentionClass, attentionForm, norm }) => {
    const scores = { studentLogits: student.logits, teacherLogits: teacher!.logits, labels, randomKeys };
    const b = attentionClass === "all" ? "all" : topBaseClass(scores, attentionClass); // (B, C_b), one-hot
    const lastStage = { features: student.features, weights };
    return attentionLoss(teacher!.maps, lastStage, b, { form: attentionForm, norm });
  },
};

// The colors are Okabe and Ito's, which color-blind readers can tell apart.
defineMethod("C", {
  description: "L_C alone (finetuning)",
  terms: { L_C },
  usesTeacher: false,
  fields: ["classification"],
  tuned: {
    "iemoji-100": { classification: "sigmoid-all", learningRate: 0.1 },
    photos: { classification: "sigmoid-all", learningRate: 0.05 },
  },
  color: "#d55e00",
  symbol: "circle",
});
defineMethod("LwF-MC", {
  description: "L_C + β·L_D",
  terms: { L_C, L_D },
  usesTeacher: true,
  fields: ["classification", "distillation", "temperature", "beta"],
  color: "#0072b2",
  symbol: "square",
});
defineMethod("LwM", {
  description: "L_C + β·L_D + γ·L_AD",
  terms: { L_C, L_D, L_AD },
  usesTeacher: true,
  fields: [
    "classification",
    "distillation",
    "temperature",
    "beta",
    "gamma",
    "norm",
    "attentionClass",
    "attentionForm",
  ],
  tuned: { photos: { gamma: 0.1 }, "cifar-100": { gamma: 0.3 } },
  color: "#009e73",
  symbol: "triangle",
});

/** The names of the methods above, the paper's three. */
export const PAPER_METHODS: readonly MethodName[] = methodNames();

/** L_P, a control for L_AD: the L1 distance of the 2-normalized pooled features of teacher and student. */
const L_P: LossTerm = {
  weight: L_AD.weight,
  value: ({ student, teacher }) =>
    attentionDistillation(teacher!.pooled, tf.mean(student.features, [1, 2]), { norm: "L1" }),
};
defineMethod("Pooled", {
  description: "L_C + β·L_D + γ·L_P, which holds the pooled features: a control for L_AD, not of the paper",
  terms: { L_C, L_D, L_P },
  usesTeacher: true,
  fields: ["classification", "distillation", "temperature", "beta", "gamma"],
  color: "#cc79a7",
  symbol: "diamond",
});
