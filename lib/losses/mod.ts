/** L_C, L_D and L_AD of the paper. @module */
export * from "./attention_distillation.ts";
export * from "./attention_class.ts";
export * from "./attention_form.ts";
export * from "./classification.ts";
export * from "./distillation.ts";
export * from "./stop_gradient.ts";
