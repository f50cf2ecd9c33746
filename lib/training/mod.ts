/** What the methods are and how a network is trained on the classes of one step. @module */
export * from "./iteration.ts";
export * from "./method.ts";
export * from "./optimizer.ts";
export * from "./teacher.ts";
export * from "./term_gradients.ts";
export * from "./train_step.ts";
