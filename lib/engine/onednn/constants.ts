/**
 * The numbers of oneDNN's C API that are used here, from `dnnl_types.h` and `dnnl_common_types.h`. They are
 * the same in all versions 3.x.
 * @module
 */

/** `dnnl_engine_kind_t`: what computes. */
export const ENGINE_CPU = 1;

/** `dnnl_stream_flags_t`: primitives run in the order in which they are submitted. */
export const STREAM_IN_ORDER = 1;

/** `dnnl_data_type_t`: the type of every number here. */
export const FLOAT32 = 3;

/**
 * `dnnl_prop_kind_t`: what a primitive is for. Backward convolutions have creating functions of their own.
 */
export const Propagation = {
  /** forward, keeping what the backward pass needs */
  forwardTraining: 64,
  /** forward only */
  forwardInference: 96,
  /** all gradients */
  backward: 128,
} as const;

/** `dnnl_alg_kind_t`: convolution by its definition; the others (Winograd) round differently. */
export const CONVOLUTION_DIRECT = 1;

/**
 * `dnnl_format_tag_t`: the order of dimensions in memory. oneDNN names the dimensions of activations and of
 * filters a, b, c, d, whatever their order in memory: activations are [batch, channels, height, width] and
 * filters [out, in, height, width].
 */
export const Layout = {
  /** whichever layout the primitive is fastest with */
  any: 1,
  /** a vector */
  a: 2,
  /** activations as tfjs has them, NHWC (`dnnl_acdb`) */
  nhwc: 22,
  /** filters as tfjs has them, HWIO (`dnnl_cdba`) */
  hwio: 28,
} as const;

/** `dnnl_normalization_flags_t`, to be added up. */
export const Normalization = {
  /** mean and variance are inputs */
  givenStatistics: 1,
  /** γ is an input */
  scale: 2,
  /** β is an input */
  shift: 4,
  /** a ReLU follows; training needs a workspace that notes which outputs it cut */
  relu: 8,
} as const;

/** `DNNL_ARG_…`: the names of a primitive's inputs and outputs. */
export const Argument = {
  source: 1,
  destination: 17,
  weights: 33,
  mean: 49,
  variance: 50,
  /** γ */
  scale: 51,
  /** β */
  shift: 52,
  workspace: 64,
  /** the loss's gradient by the source; the other `…Gradient`s alike */
  sourceGradient: 129,
  destinationGradient: 145,
  weightsGradient: 161,
  scaleGradient: 255,
  shiftGradient: 256,
} as const;

/** `dnnl_query_t`: what can be asked of a primitive's description: the memory layouts that it chose. */
export const Query = {
  weights: 131,
  weightsGradient: 132,
  workspace: 135,
} as const;

/** `dnnl_status_t`: what the functions return. */
export const STATUS = [
  "success",
  "out of memory",
  "invalid arguments",
  "not implemented for this machine or these sizes",
  "last implementation reached",
  "failed while running",
  "not required",
] as const;
