/** The network, its growing head, and its checkpoints. @module */
export * from "./checkpoint.ts";
export * from "./resnet.ts";
export * from "./safetensors.ts";
