/**
 * The end of a residual block.
 * @module
 */
import type { HeapResidual } from "../wasm/residual.ts";
import { Algorithm, Argument, Layout, Propagation } from "./constants.ts";
import { check, create, describe, type OneDnn } from "./library.ts";
import { descriptor, primitive } from "./primitive.ts";

/** max(0, a + b) and its gradient, for tensors of one number of elements. */
export function residual(library: OneDnn, size: number): HeapResidual {
  const { symbols } = library;
  const data = descriptor(library, Layout.a, size);
  const postOps = create("post-operations", (handle) => symbols.dnnl_post_ops_create(handle));
  check(symbols.dnnl_post_ops_append_eltwise(postOps, Algorithm.relu, 0, 0), "ReLU after a sum");
  const attributes = create("attributes", (handle) => symbols.dnnl_primitive_attr_create(handle));
  check(symbols.dnnl_primitive_attr_set_post_ops(attributes, postOps), "ReLU after a sum");
  const sum = describe(library, "binary", [Algorithm.add, data, data, data], attributes);
  const { reluFromResult } = Algorithm, { forwardTraining } = Propagation;
  const relu = describe(library, "eltwise_forward", [forwardTraining, reluFromResult, data, data, 0, 0]);
  const gradient = describe(library, "eltwise_backward", [reluFromResult, data, data, data, 0, 0, relu]);
  return {
    forward: primitive(library, sum, [
      [Argument.source, data],
      [Argument.source1, data],
      [Argument.destination, data],
    ]),
    backward: primitive(library, gradient, [
      [Argument.destinationGradient, data],
      [Argument.destination, data],
      [Argument.sourceGradient, data],
    ]),
  };
}
