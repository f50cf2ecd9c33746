/** L_C, L_D and L_AD of the paper. @module */
export * from "./attention_distillation.ts";
export * from "./classification.ts";
export * from "./distillation.ts";
export * from "./gradients_over_gamma.ts";
export * from "./stop_gradient.ts";
export * from "./top_base_class.ts";
export * as wrongVariants from "./wrong_variants.ts";
